"""Rows and chunks of a span in one statement: sealing moves samples from one to the other, and a statement sees each of
them exactly once, whatever happens meanwhile.
"""

import sys
from collections.abc import Collection, Iterator, Sized
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from monitoring.keeping.blocks import BLOCK_MS
from monitoring.models import MetricChunk, MetricSnapshot, Resolution, Series

if TYPE_CHECKING:
    from monitoring.keeping.frame import Frame

Columns = tuple[str, ...]
Chosen = QuerySet[Series] | Collection[int]
"""Series by a query, or some hundred at most by their ids."""
Row = tuple[Any, ...]
FEWEST: Final = ("series_id", "at", "value")
"""The columns that every reader has, the first ones of windows.TIMINGS."""
SERIES_ID, AT, VALUE = range(len(FEWEST))
_BATCH: Final = 20_000
_place = itemgetter(SERIES_ID, AT)

BEHIND, RESOLUTION, LAST = -3, -2, -1
"""Behind the columns: a payload, the resolution of a chunk, and its end, or the id of a row, for the order."""

_ROWS = """SELECT {columns}, {no_bytes}, -1, id FROM {rows}
    WHERE series_id IN ({series}) AND at > %s AND at <= %s"""
_CHUNKS = """SELECT {nothing}, payload, resolution, "end" FROM {chunks}
    WHERE resolution = %s AND series_id IN ({series}) AND start > %s AND start <= %s AND "end" > %s"""


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
    value is None, and ``at`` where its block begins. Rows that are not sealed yet come whatever the resolutions.
    """
    chosen = _chosen(series)
    if chosen is None:
        return
    ids, parameters = chosen
    arguments = [*parameters, start_ms, end_ms]
    for resolution in resolutions:
        arguments += [int(resolution), *parameters, start_ms - BLOCK_MS[resolution], end_ms, start_ms]
    with connection.cursor() as cursor:  # plain tuples: the ORM's conversion doubles the cost of a window
        sql = _statement(connection.vendor, columns, len(resolutions)).replace("{series}", ids)
        cursor.execute(sql, arguments)
        while batch := cursor.fetchmany(_BATCH):
            yield batch


def samples(series: Chosen, columns: Columns, start_ms: int, end_ms: int, most: int = sys.maxsize) -> list[Row]:
    """Every sample after ``start_ms`` up to and with ``end_ms`` as a row of ``columns``, by series and time.

    Raises TooMany past ``most``, and what unpacking a chunk raises.
    """
    found: list[Row] = []
    has_chunks = False
    for batch in pieces(series, columns, start_ms, end_ms):
        found += [piece[:BEHIND] for piece in batch if piece[VALUE] is not None]
        for piece in batch:
            if piece[VALUE] is None:
                has_chunks = True
                found += unpacked(piece, columns).between(start_ms + 1, end_ms).rows(piece[SERIES_ID], columns)
                _refuse_more(found, most)
        _refuse_more(found, most)
    if has_chunks:
        found.sort(key=_place)
    return found


def last_times(series_id: int, most: int) -> list[int]:
    """The last times of a series' samples, newest first; a series that fell silent has them in its last chunk."""
    rows = MetricSnapshot.objects.filter(series_id=series_id).order_by("-at").values_list("at", flat=True)
    times = list(rows[:most])
    if len(times) < most:
        chunks = MetricChunk.objects.filter(series_id=series_id, resolution=Resolution.RAW).order_by("-start")
        for payload in chunks.values_list("payload", flat=True)[:1]:
            times += unpacked((payload, 0, 0), FEWEST).at[-most:].tolist()
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

    return unpack(piece[BEHIND], columns)


def _refuse_more(found: Sized, most: int) -> None:
    if len(found) > most:
        raise TooMany(f"more than {most:,} samples")


@cache
def _statement(vendor: str, columns: Columns, resolutions: int) -> str:
    own = {"series_id": "series_id", "at": "start"}
    parts = " UNION ALL ".join([_ROWS, *[_CHUNKS] * resolutions])
    return f"{parts} ORDER BY 1, 2, {len(columns) + 3}".format(
        columns=", ".join(columns),
        nothing=", ".join(own.get(column, "NULL") for column in columns),
        no_bytes="NULL::bytea" if vendor == "postgresql" else "NULL",
        rows=connection.ops.quote_name(MetricSnapshot._meta.db_table),
        chunks=connection.ops.quote_name(MetricChunk._meta.db_table),
        series="{series}",
    )
