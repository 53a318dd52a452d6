"""Sealing: rows that are old enough become chunks, some series at a time.

Each step is one short transaction that deletes rows and writes chunks: killed anywhere, nothing is lost or doubled, and
the next run goes on. What a reader has not read stays, until the sample or the reader is an hour behind; then it is
sealed all the same, and the gap is noted.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import Q

from monitoring.clock import to_ms
from monitoring.keeping import chunks
from monitoring.keeping.frame import Frame
from monitoring.keeping.gaps import READERS_WAITED_FOR, note_gaps, read_to
from monitoring.models import MetricSnapshot, Series
from monitoring.windows import TIMINGS

log = logging.getLogger(__name__)

STRIDE: Final = timedelta(minutes=30)
"""Rows of a series wait for each other, so that its chunk is not packed anew for each of them."""
SERIES_A_STEP: Final = 16
ROWS_A_STEP: Final = 5000

_COLUMNS: Final = (*TIMINGS, "edited", "id")
_ID: Final = len(_COLUMNS) - 1
_TAKE = """DELETE FROM {table} WHERE id IN (
        SELECT id FROM {table} WHERE series_id IN ({places}) AND at < %s AND (id <= %s OR at < %s)
        ORDER BY series_id, at LIMIT %s)
    RETURNING {columns}"""
_EVERY_ID: Final = 2**63 - 1
_series_id = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be sealed: rows before ``before_ms`` that are read, and those before ``behind_ms``, read or not."""

    before_ms: int
    read_to: int
    behind_ms: int


def bounds(now: datetime) -> Bounds:
    before = now - timedelta(minutes=settings.CONFIG.seal_after_minutes)
    lowest = read_to(now)
    behind = before - READERS_WAITED_FOR
    return Bounds(to_ms(before), _EVERY_ID if lowest is None else lowest, to_ms(behind))


def due(now: datetime, stride: timedelta | None = None) -> list[int]:
    """Ids of series whose oldest row has waited for ``stride`` since it could be sealed."""
    if stride is None:
        stride = min(STRIDE, timedelta(minutes=settings.CONFIG.seal_after_minutes) / 2)
    oldest_ms = bounds(now).before_ms - stride // timedelta(milliseconds=1)
    closed = Series.objects.filter(Q(open_until=None) | Q(open_until__lte=now)).order_by("id")
    ids, parameters = closed.values("id").query.sql_with_params()
    table = connection.ops.quote_name(MetricSnapshot._meta.db_table)
    sql = f"""SELECT id FROM ({ids}) AS closed
        WHERE EXISTS (SELECT 1 FROM {table} AS row WHERE row.series_id = closed.id AND row.at < %s)"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, (*parameters, oldest_ms))
        return [series_id for (series_id,) in cursor.fetchall()]


def seal(now: datetime, stride: timedelta | None = None) -> Iterator[int]:
    """Seals what is due, a transaction between each two steps; gives the rows that each step moved."""
    ids = due(now, stride)
    for start in range(0, len(ids), SERIES_A_STEP):
        moved = ROWS_A_STEP
        while moved >= ROWS_A_STEP:
            moved = _step(ids[start : start + SERIES_A_STEP], now)
            yield moved


def _step(ids: Sequence[int], now: datetime) -> int:
    """A chunk that is damaged holds up its own series only; ``metrics verify`` names it, too."""
    try:
        return _seal_some(ids, now)
    except chunks.ChunkDamaged as error:
        if len(ids) == 1:
            log.error("Nothing is sealed there until it is deleted (manage.py metrics verify): %s", error)
            return 0
    return sum(_step([series_id], now) for series_id in ids)


def _seal_some(ids: Sequence[int], now: datetime) -> int:
    with chunks.alone():
        rows = _taken(ids, bounds(now))
        note_gaps([(row[_ID], row[1]) for row in rows], now)
        rows.sort(key=itemgetter(0, 1, _ID))
        chunks.add({series_id: Frame.of_rows(list(own)) for series_id, own in groupby(rows, _series_id)})
    return len(rows)


def _taken(ids: Sequence[int], within: Bounds) -> list[tuple[Any, ...]]:
    sql = _TAKE.format(
        table=connection.ops.quote_name(MetricSnapshot._meta.db_table),
        places=", ".join(["%s"] * len(ids)),
        columns=", ".join(_COLUMNS),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, (*ids, within.before_ms, within.read_to, within.behind_ms, ROWS_A_STEP))
        return list(cursor.fetchall())
