"""The types that all rows of a query have together, found by the database without reading them here."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from caching.frames.reading import natural

if TYPE_CHECKING:
    from caching.queries.paging.reader import PageReader


def whole_types(reader: "PageReader") -> list[Any]:
    """The types that a frame of all rows would have, in the order of its columns.

    SQLite lets each value have a type of its own, so there all values' types are asked for. The others have types of
    columns, so only what a missing value changes is left to find out.
    """
    sample = natural(reader.page(0))
    if not sample.columns.is_unique:  # SQL could not say which of them is asked about
        return sample.dtypes.to_list()
    if reader.optimizer.database.vendor == "sqlite":
        return _of_values(reader, sample)
    return _of_columns(reader, sample)


def _of_values(reader: "PageReader", sample: pd.DataFrame) -> list[Any]:
    """By the least and the greatest name of a type, of values that are not NULL: blob, integer, real, text."""
    questions = []
    for name in sample.columns:
        column = _quoted(name)
        kind = f"CASE WHEN {column} IS NOT NULL THEN typeof({column}) END"
        questions += [f"MIN({kind})", f"MAX({kind})", f"COUNT(*) - COUNT({column})"]
    found = reader.aggregated(questions)
    return [_of_kinds(*found[place : place + 3]) for place in range(0, len(found), 3)]


def _of_kinds(least: str | None, greatest: str | None, missing: int) -> Any:
    if least == greatest == "integer":
        return "float64" if missing else "int64"
    if least in ("integer", "real") and greatest == "real":
        return "float64"
    if least == greatest == "text":
        return "str"
    return "object"


def _of_columns(reader: "PageReader", sample: pd.DataFrame) -> list[Any]:
    questions = [f"COUNT(*) - COUNT({_quoted(name)})" for name in sample.columns]
    found = reader.aggregated(questions)
    types = []
    for place, missing in enumerate(found):
        series = sample.iloc[:, place]
        if series.isna().all():  # of some types only NULL was seen yet
            series = reader.present(str(sample.columns[place])).iloc[:, place]
        types.append(_with_gaps(series, bool(missing), reader.optimizer.database.vendor))
    return types


def _with_gaps(series: "pd.Series[Any]", is_missing: bool, vendor: str) -> Any:
    """What missing values make of integers and truth values: DuckDB gives nullable types, the others floats."""
    kind = series.dtype.kind
    if not is_missing or kind not in "iub":
        return series.dtype
    if vendor == "duckdb":
        return _nullable(str(series.dtype))
    return "object" if kind == "b" else "float64"


def _nullable(name: str) -> str:
    return "boolean" if name in ("bool", "boolean") else name.replace("uint", "UInt").replace("int", "Int")


def _quoted(name: Any) -> str:
    return '"' + str(name).replace('"', '""') + '"'
