"""Rows and chunks of a span in one statement: sealing moves samples from one to the other, and a statement sees each of
them exactly once, whatever happens meanwhile.
"""

from collections.abc import Iterator, Sized
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import QuerySet

from monitoring.keeping.blocks import BLOCK_MS
from monitoring.models import MetricChunk, MetricSnapshot, Resolution, Series

if TYPE_CHECKING:
    from monitoring.keeping.frame import Frame

Columns = tuple[str, ...]
Row = tuple[Any, ...]
SERIES_ID, AT, VALUE = range(3)
_BATCH: Final = 20_000
_place = itemgetter(SERIES_ID, AT)

# A chunk comes as a row without a value, with its payload behind the columns; the last one settles the order of rows
# with the same time.
_ROWS = "SELECT {columns}, {no_bytes}, id FROM {rows} WHERE series_id IN ({series}) AND at > %s AND at <= %s"
_CHUNKS = """SELECT {nothing}, payload, 0 FROM {chunks}
    WHERE resolution = %s AND series_id IN ({series}) AND start > %s AND start <= %s AND "end" > %s"""
_BOTH = f"{_ROWS} UNION ALL {_CHUNKS} ORDER BY 1, 2, {{last}}"


class TooMany(ValueError):
    """The span holds more samples than the reader wanted."""


def pieces(
    series: QuerySet[Series],
    columns: Columns,
    start_ms: int,
    end_ms: int,
    resolution: Resolution = Resolution.RAW,
) -> Iterator[list[Row]]:
    """Rows after ``start_ms`` up to and with ``end_ms`` and the chunks that touch that, by series and time, in batches.

    Each has ``columns``, of which the first are series_id, at and value, then a payload and an id. In those of chunks
    value is None. Rows that are not sealed yet come whatever the resolution.
    """
    ids, parameters = series.order_by().values("id").query.sql_with_params()
    chunks = (int(resolution), *parameters, start_ms - BLOCK_MS[resolution], end_ms, start_ms)
    with connection.cursor() as cursor:  # plain tuples: the ORM's conversion doubles the cost of a window
        sql = _statement(connection.vendor, columns).replace("{series}", ids)
        cursor.execute(sql, (*parameters, start_ms, end_ms, *chunks))
        while batch := cursor.fetchmany(_BATCH):
            yield batch


def samples(series: QuerySet[Series], columns: Columns, start_ms: int, end_ms: int, most: int) -> list[Row]:
    """Every sample after ``start_ms`` up to and with ``end_ms`` as a row of ``columns``, by series and time.

    Raises TooMany past ``most``, and what unpacking a chunk raises.
    """
    found: list[Row] = []
    has_chunks = False
    for batch in pieces(series, columns, start_ms, end_ms):
        found += [piece[:-2] for piece in batch if piece[VALUE] is not None]
        for piece in batch:
            if piece[VALUE] is None:
                has_chunks = True
                found += unpacked(piece).between(start_ms + 1, end_ms).rows(piece[SERIES_ID], columns)
                _refuse_more(found, most)
        _refuse_more(found, most)
    if has_chunks:
        found.sort(key=_place)
    return found


def unpacked(piece: Row) -> "Frame":
    """The whole chunk. Raises Damaged, CodecMissing."""
    from monitoring.keeping.packing import unpack  # with NumPy, which the library in a watched application does without

    return unpack(piece[-2])


def _refuse_more(found: Sized, most: int) -> None:
    if len(found) > most:
        raise TooMany(f"more than {most:,} samples")


@cache
def _statement(vendor: str, columns: Columns) -> str:
    own = {"series_id": "series_id", "at": "start"}
    return _BOTH.format(
        columns=", ".join(columns),
        nothing=", ".join(own.get(column, "NULL") for column in columns),
        no_bytes="NULL::bytea" if vendor == "postgresql" else "NULL",
        rows=connection.ops.quote_name(MetricSnapshot._meta.db_table),
        chunks=connection.ops.quote_name(MetricChunk._meta.db_table),
        series="{series}",
        last=len(columns) + 2,
    )
