"""Rows and chunks of a span in one statement: sealing moves samples from one to the other, and a statement sees each of
them exactly once, whatever happens meanwhile.
"""

import logging
import sys
from collections.abc import Callable, Collection, Iterator, Sized
from functools import cache, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from monitoring.keeping.blocks import BLOCK_MS
from monitoring.models import ChunkTimes, MetricChunk, MetricSnapshot, Resolution, Series

if TYPE_CHECKING:
    from monitoring.keeping.frame import Frame

log = logging.getLogger(__name__)

Columns = tuple[str, ...]
Chosen = QuerySet[Series] | Collection[int]
"""Series by a query, or some hundred at most by their ids."""
Row = tuple[Any, ...]
Unpack = Callable[[Row, Columns], "Frame"]
FEWEST: Final = ("series_id", "at", "value")
"""The columns that every reader has, the first ones of windows.TIMINGS."""
SERIES_ID, AT, VALUE = range(len(FEWEST))
_BATCH: Final = 4_000  # of chunks, each some KB, as of rows
_place = itemgetter(SERIES_ID, AT)

BEHIND, TIMES, RESOLUTION, LAST = -4, -3, -2, -1
"""Behind the columns: a payload, that of its times where others share them, the resolution of a chunk, and its end, or
the id of a row, for the order."""

_ROWS = """SELECT {columns}, {no_bytes}, {no_bytes}, -1, id FROM {rows}
    WHERE series_id IN ({series}) AND at > %s AND at <= %s"""
_CHUNKS = """SELECT {nothing}, chunk.payload, times.payload, resolution, "end"
    FROM {chunks} AS chunk LEFT JOIN {times} AS times ON times.id = chunk.times_id
    WHERE resolution = %s AND series_id IN ({series}) AND start > %s AND start <= %s AND "end" > %s"""
_AND_KNOWS_MORE = """
    AND chunk.count > (SELECT COALESCE(SUM(part.count), 0) FROM {chunks} AS part WHERE part.series_id = chunk.series_id
        AND part.resolution = {raw} AND part.start >= chunk.start AND part.start < chunk.start + {hours_ms})"""


class TooMany(ValueError):
    """The span holds more samples than the reader wanted."""


def pieces(
    series: Chosen,
    columns: Columns,
    start_ms: int,
    end_ms: int,
    resolutions: tuple[Resolution, ...] = (Resolution.RAW,),
) -> Iterator[list[Row]]:
    """Rows after ``start_ms`` up to and with ``end_ms`` and the chunks that touch that, by series and time, in batches.

    Each has ``columns``, of which the first are series_id, at and value, and what is ``BEHIND``. In those of chunks
    value is None, and ``at`` where its block begins. Rows that are not sealed yet come whatever the resolutions. Hours
    come beside samples only where they know more: some of those are past their retention.
    """
    chosen = _chosen(series)
    if chosen is None:
        return
    ids, parameters = chosen
    arguments = [*parameters, start_ms, end_ms]
    for resolution in resolutions:
        arguments += [int(resolution), *parameters, start_ms - BLOCK_MS[resolution], end_ms, start_ms]
    with connection.cursor() as cursor:  # plain tuples: the ORM's conversion doubles the cost of a window
        sql = _statement(connection.vendor, columns, resolutions).replace("{series}", ids)
        cursor.execute(sql, arguments)
        while batch := cursor.fetchmany(_BATCH):
            yield batch


def samples(series: Chosen, columns: Columns, start_ms: int, end_ms: int, most: int = sys.maxsize) -> list[Row]:
    """Every sample after ``start_ms`` up to and with ``end_ms`` as a row of ``columns``, by series and time.

    A chunk that cannot be read is a gap. Raises TooMany past ``most``.
    """
    found: list[Row] = []
    has_chunks = False
    for batch in pieces(series, columns, start_ms, end_ms):
        found += [piece[:BEHIND] for piece in batch if piece[VALUE] is not None]
        for piece in batch:
            if piece[VALUE] is None:
                has_chunks = True
                found += readable(piece, columns).between(start_ms + 1, end_ms).rows(piece[SERIES_ID], columns)
                _refuse_more(found, most)
        _refuse_more(found, most)
    if has_chunks:
        found.sort(key=_place)
    return found


def last_times(series_id: int, most: int) -> list[int]:
    """The last times of a series' samples, newest first; those of a series that fell silent are in its last chunks."""
    rows = MetricSnapshot.objects.filter(series_id=series_id).order_by("-at").values_list("at", flat=True)
    times = list(rows[:most])
    if len(times) < most:
        chunks = MetricChunk.objects.filter(series_id=series_id, resolution=Resolution.RAW).order_by("-start")
        for start, *packed in chunks.values_list("start", "payload", "times__payload")[: most - len(times)]:
            times += readable((series_id, start, None, *packed, 0, 0), FEWEST).at[-most:].tolist()
            if len(times) >= most:
                break
    return sorted(times, reverse=True)[:most]


def _chosen(series: Chosen) -> tuple[str, tuple[Any, ...]] | None:
    """What stands within IN; None for no series at all. Composing a query costs more than a few ids."""
    if not isinstance(series, QuerySet):
        return (", ".join(["%s"] * len(series)), tuple(series)) if series else None
    try:
        return series.order_by().values("id").query.sql_with_params()
    except EmptyResultSet:
        return None


def unpacked(piece: Row, columns: Columns) -> "Frame":
    """The whole chunk, with these columns. Raises Damaged, CodecMissing."""
    from monitoring.keeping.packing import unpack  # with NumPy, which the library in a watched application does without

    return unpack(piece[BEHIND], columns, piece[TIMES])


def readable(piece: Row, columns: Columns) -> "Frame":
    """The same; nothing of a chunk that cannot be read, which is logged once: a gap, not the end of every question."""
    from monitoring.keeping.codecs import CodecMissing
    from monitoring.keeping.columns import Damaged
    from monitoring.keeping.frame import EMPTY

    try:
        return unpacked(piece, columns)
    except (Damaged, CodecMissing) as error:
        _log_once(piece[SERIES_ID], piece[AT], str(error))
        return EMPTY


@lru_cache(maxsize=1000)
def _log_once(series_id: int, start_ms: int, why: str) -> None:
    log.error(
        "Series %s has a gap from %s: a chunk cannot be read (manage.py metrics verify): %s", series_id, start_ms, why
    )


def _refuse_more(found: Sized, most: int) -> None:
    if len(found) > most:
        raise TooMany(f"more than {most:,} samples")


@cache
def _statement(vendor: str, columns: Columns, resolutions: tuple[Resolution, ...]) -> str:
    own = {"series_id": "series_id", "at": "start"}
    is_beside = Resolution.RAW in resolutions
    chunks = [_CHUNKS + (_AND_KNOWS_MORE if is_beside and one != Resolution.RAW else "") for one in resolutions]
    parts = " UNION ALL ".join([_ROWS, *chunks])
    return f"{parts} ORDER BY 1, 2, {len(columns) - LAST}".format(
        columns=", ".join(columns),
        nothing=", ".join(own.get(column, "NULL") for column in columns),
        no_bytes="NULL::bytea" if vendor == "postgresql" else "NULL",
        rows=connection.ops.quote_name(MetricSnapshot._meta.db_table),
        chunks=connection.ops.quote_name(MetricChunk._meta.db_table),
        times=connection.ops.quote_name(ChunkTimes._meta.db_table),
        raw=int(Resolution.RAW),
        hours_ms=BLOCK_MS[Resolution.HOURLY],
        series="{series}",
    )
