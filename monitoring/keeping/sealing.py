"""Sealing: rows that are old enough become chunks, some series at a time.

Each step is one short transaction that deletes rows and writes chunks: killed anywhere, nothing is lost or doubled, and
the next run goes on. What a reader has not read stays, until the reader is an hour behind; then it is sealed all the
same, and the gap is noted.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.conf import settings
from django.db import DataError, IntegrityError, connection
from django.db.models import Q, QuerySet

from monitoring.clock import to_ms
from monitoring.keeping import chunks
from monitoring.keeping.codecs import CodecMissing
from monitoring.keeping.frame import Frame
from monitoring.keeping.gaps import note_gaps, sealable_to
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
        SELECT id FROM {table} WHERE series_id IN ({places}) AND at < %s AND id <= %s
        ORDER BY series_id, at LIMIT %s)
    RETURNING {columns}"""
_OF_ONE_SERIES: Final = (chunks.ChunkDamaged, CodecMissing, DataError, IntegrityError, OverflowError)
_series_id = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be sealed: rows before ``before_ms``, of ids up to ``last_id``."""

    before_ms: int
    last_id: int


def bounds(now: datetime) -> Bounds:
    before = now - timedelta(minutes=settings.CONFIG.seal_after_minutes)
    return Bounds(to_ms(before), sealable_to(now, before))


def due(now: datetime, stride: timedelta | None = None) -> list[int]:
    """Ids of series whose oldest row has waited for ``stride`` since it could be sealed."""
    if stride is None:
        stride = min(STRIDE, timedelta(minutes=settings.CONFIG.seal_after_minutes) / 2)
    oldest_ms = to_ms(now - timedelta(minutes=settings.CONFIG.seal_after_minutes) - stride)
    ids, parameters = _closed(now).values("id").query.sql_with_params()
    table = connection.ops.quote_name(MetricSnapshot._meta.db_table)
    sql = f"""SELECT id FROM ({ids}) AS closed
        WHERE EXISTS (SELECT 1 FROM {table} AS row WHERE row.series_id = closed.id AND row.at < %s)"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, (*parameters, oldest_ms))
        return [series_id for (series_id,) in cursor.fetchall()]


def seal(now: datetime, stride: timedelta | None = None) -> Iterator[int]:
    """Seals what is due, a transaction between each two steps; gives the rows that each step moved."""
    ids, within = due(now, stride), bounds(now)
    for start in range(0, len(ids), SERIES_A_STEP):
        moved = ROWS_A_STEP
        while moved >= ROWS_A_STEP:
            moved = _step(ids[start : start + SERIES_A_STEP], within, now)
            yield moved


def _closed(now: datetime) -> QuerySet[Series]:
    """Those that nobody corrects."""
    return Series.objects.filter(Q(open_until=None) | Q(open_until__lte=now)).order_by("id")


def _step(ids: Sequence[int], within: Bounds, now: datetime) -> int:
    """What is wrong with a series holds up that one only; ``metrics verify`` names damaged chunks, too."""
    try:
        return _seal_some(ids, within, now)
    except _OF_ONE_SERIES as error:
        if len(ids) == 1:
            log.error("Nothing of series %s is sealed until this is mended (manage.py metrics verify): %s", *ids, error)
            return 0
    return sum(_step([series_id], within, now) for series_id in ids)


def _seal_some(ids: Sequence[int], within: Bounds, now: datetime) -> int:
    with chunks.alone():
        closed = _closed(now).filter(id__in=ids).values_list("id", flat=True)  # some may have been opened meanwhile
        rows = _taken(list(closed), within)
        note_gaps([(row[_ID], row[1]) for row in rows], now)
        rows.sort(key=itemgetter(0, 1, _ID))
        chunks.add({series_id: Frame.of_rows(list(own)) for series_id, own in groupby(rows, _series_id)})
    return len(rows)


def _taken(ids: Sequence[int], within: Bounds) -> list[tuple[Any, ...]]:
    if not ids:
        return []
    sql = _TAKE.format(
        table=connection.ops.quote_name(MetricSnapshot._meta.db_table),
        places=", ".join(["%s"] * len(ids)),
        columns=", ".join(_COLUMNS),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, (*ids, within.before_ms, within.last_id, ROWS_A_STEP))
        return list(cursor.fetchall())
