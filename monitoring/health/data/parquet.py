"""Whether a Parquet file keeps its rules: what its statistics tell is not read; only columns that they leave open are.

The statistics stand in the footer, by column and row group (parquet-format, ``Statistics``). Least and largest values
of texts may be cut short there, so for texts the column is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.compute as compute
from pyarrow import parquet

from monitoring.health.data.rules import Rules
from monitoring.health.reasons import reason


class Unreadable(Exception):
    """The file is no Parquet file, or is damaged, or went away."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What is known of a column: how many nulls, and its least and largest value (None when all are null)."""

    nulls: int
    least: Any
    largest: Any


def problems(path: Path, rules: Rules) -> list[str]:
    """What is wrong with the file, in words; empty when nothing is. Raises Unreadable."""
    try:
        with parquet.ParquetFile(path) as file:
            return list(_problems(file, rules))
    except (OSError, arrow.ArrowException) as error:
        raise Unreadable(reason(error)) from error


def _problems(file: parquet.ParquetFile, rules: Rules) -> Iterator[str]:
    columns = file.schema_arrow.names
    yield from (f"column {name} is missing" for name in rules.wanted if name not in columns)
    yield from _count(file.metadata.num_rows, rules)
    for name in columns:
        yield from _column(file, name, rules)
    if not set(rules.unique) - set(columns):
        yield from _duplicates(file, rules.unique)


def _count(rows: int, rules: Rules) -> Iterator[str]:
    least, most = rules.rows
    if least is not None and rows < least:
        yield f"{rows} rows, at least {least} expected"
    if most is not None and rows > most:
        yield f"{rows} rows, at most {most} expected"


def _column(file: parquet.ParquetFile, name: str, rules: Rules) -> Iterator[str]:
    if name not in rules.nulls and name not in rules.ranges:
        return
    rows = file.metadata.num_rows
    extent = _told(file, name, needs_bounds=name in rules.ranges) or _read(file, name)
    share = extent.nulls / rows if rows else 0.0
    if share > rules.nulls.get(name, 1.0):
        yield f"{share:.1%} of {name} is null, at most {rules.nulls[name]:.1%} expected"
    yield from _outside(name, extent, *rules.ranges.get(name, (None, None)))


def _outside(name: str, extent: Extent, low: Any, high: Any) -> Iterator[str]:
    if extent.least is None:
        return
    try:
        if low is not None and _is_below(*_alike(extent.least, low)):
            yield f"{name} begins at {extent.least}, expected from {low}"
        if high is not None and _is_below(*reversed(_alike(extent.largest, high))):
            yield f"{name} goes up to {extent.largest}, expected up to {high}"
    except (TypeError, ValueError):
        yield f"{name} holds {type(extent.least).__name__} values, which have no order among {low!r} and {high!r}"


def _is_below(value: Any, other: Any) -> bool:
    return bool(value < other)


def _alike(value: Any, bound: Any) -> tuple[Any, Any]:
    """Both as one kind. A bound in JSON is ISO 8601: one that is a day means all of it, times without a zone are UTC.

    ValueError when it is no such text.
    """
    if not isinstance(bound, str) or not isinstance(value, date | time):
        return value, bound
    if isinstance(value, time):
        return value, time.fromisoformat(bound)
    if not isinstance(value, datetime):
        return value, date.fromisoformat(bound)
    if len(bound) <= len("2021-06-30"):
        return value.date(), date.fromisoformat(bound)
    return _in_utc(value), _in_utc(datetime.fromisoformat(bound))


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _told(file: parquet.ParquetFile, name: str, needs_bounds: bool) -> Extent | None:
    """What the footer tells of a column, or None when that is not enough."""
    position = _position(file, name)
    if position is None:
        return None
    groups = [file.metadata.row_group(index).column(position) for index in range(file.metadata.num_row_groups)]
    stats = [group.statistics for group in groups]
    if any(one is None or not one.has_null_count for one in stats):
        return None
    nulls = sum(one.null_count for one in stats)
    if not needs_bounds:
        return Extent(nulls, None, None)
    full = [one for one in stats if one.num_values]
    if any(not one.has_min_max or not _is_exact(one.min) for one in full):
        return None
    return Extent(nulls, min((one.min for one in full), default=None), max((one.max for one in full), default=None))


def _position(file: parquet.ParquetFile, name: str) -> int | None:
    """Where a flat column stands among the leaves of the file; a nested one has no statistics of its own."""
    schema = file.metadata.schema
    return next((index for index in range(len(schema)) if schema.column(index).path == name), None)


def _is_exact(value: Any) -> bool:
    return not isinstance(value, str | bytes)


def _read(file: parquet.ParquetFile, name: str) -> Extent:
    """One column, row group by row group."""
    nulls, bounds = 0, list[dict[str, Any]]()
    for index in range(file.metadata.num_row_groups):
        values = file.read_row_group(index, columns=[name]).column(0)
        nulls += values.null_count
        if arrow.types.is_dictionary(values.type):  # which have no order, other than what they stand for
            values = values.cast(values.type.value_type)
        found = compute.min_max(values).as_py() if _is_ordered(values.type) else {"min": None, "max": None}
        bounds += [found] if found["min"] is not None else []
    if not bounds:
        return Extent(nulls, None, None)
    return Extent(nulls, min(one["min"] for one in bounds), max(one["max"] for one in bounds))


def _is_ordered(kind: arrow.DataType) -> bool:
    return not (arrow.types.is_nested(kind) or arrow.types.is_null(kind))


def _duplicates(file: parquet.ParquetFile, key: tuple[str, ...]) -> list[str]:
    """Only the columns of the key are read."""
    if not key:
        return []
    table = file.read(columns=list(key))
    repeated = table.num_rows - table.group_by(list(key)).aggregate([([], "count_all")]).num_rows
    return [f"{repeated} rows repeat the key {', '.join(key)}"] if repeated else []
