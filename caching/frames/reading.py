"""A cursor's rows as a frame: by way of Arrow, a thousand rows at a time, so that most rows are never all objects."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from caching.queries.databases.base import Cursor

ROWS_AT_A_TIME = 1_000
# What Arrow and ``pandas.read_sql_query`` agree on; columns of anything else are left to pandas.
_PLAIN = (pa.types.is_null, pa.types.is_int64, pa.types.is_float64, pa.types.is_string)


class _Column:
    """One column, as Arrow while all of its values are of one plain type, and as objects from then on."""

    def __init__(self) -> None:
        self._arrays: list[Any] = []
        self._type: Any = pa.null()
        self._objects: list[Any] | None = None

    def extend(self, values: tuple[Any, ...]) -> None:
        if self._objects is None:
            array = self._plain(values)
            if array is not None:
                self._arrays.append(array)
                return
            self._objects = [value for array in self._arrays for value in array.to_pylist()]
            self._arrays.clear()
        self._objects.extend(values)

    def _plain(self, values: tuple[Any, ...]) -> Any:
        """None when Arrow cannot hold them, or holds them as another type than those before."""
        try:
            array = pa.array(values)
        except (pa.ArrowException, OverflowError, UnicodeError):  # mixed types, beyond 64 bits, no Unicode
            return None
        if not any(is_type(array.type) for is_type in _PLAIN):
            return None
        if pa.types.is_null(self._type):
            self._type = array.type
        return array if pa.types.is_null(array.type) or array.type == self._type else None

    def series(self) -> Any:
        """The column as pandas has it."""
        if self._objects is not None:
            return _inferred(self._objects)
        if pa.types.is_null(self._type):
            return pd.Series([None] * sum(map(len, self._arrays)), dtype=object)
        return _series(pa.chunked_array([array.cast(self._type) for array in self._arrays], type=self._type))


def read_frame(cursor: "Cursor") -> pd.DataFrame:
    """All rows of ``cursor``, with the types that ``pandas.read_sql_query`` gives, in less time and memory."""
    names = [str(column[0]) for column in cursor.description]
    columns = [_Column() for _ in names]
    while rows := cursor.fetchmany(ROWS_AT_A_TIME):
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return _frame(names, [column.series() for column in columns])


def frame_of(names: list[str], rows: list[Any]) -> pd.DataFrame:
    """Rows that were fetched already, before anything was made of what is missing: columns with NULL are of objects.

    Values beyond the names are left out. ``natural`` gives the types that ``read_frame`` gives.
    """
    columns = [() for _ in names] if not rows else list(zip(*rows, strict=True))
    return _frame(names, [_as_fetched(values) for values in columns[: len(names)]])


def _as_fetched(values: tuple[Any, ...]) -> Any:
    if None in values:
        return pd.Series(values, dtype=object)
    column = _Column()
    column.extend(values)
    return column.series()


def natural(frame: pd.DataFrame) -> pd.DataFrame:
    """With the types that the values give, taking what is missing into account."""
    found = frame.copy(deep=False)
    for place in range(frame.shape[1]):
        series = frame.iloc[:, place]
        if series.dtype == object and len(series):
            typed = _inferred(series.to_list())
            found.isetitem(place, typed.set_axis(frame.index))
    return found


def _frame(names: list[str], columns: "list[pd.Series[Any]]") -> pd.DataFrame:
    """By position, since names may repeat."""
    frame = pd.DataFrame(dict(enumerate(columns)), copy=False)
    frame.columns = pd.Index(names, dtype="str") if names else pd.RangeIndex(0)
    return frame


def _inferred(values: list[Any]) -> Any:
    """As pandas does for rows of a database."""
    return pd.DataFrame.from_records([(value,) for value in values], coerce_float=True)[0]


def _series(column: Any) -> "pd.Series[Any]":
    found: pd.Series[Any] = column.to_pandas()
    if not len(found):
        return found.astype(object)
    return found.copy() if _is_locked(found) else found


def _is_locked(series: "pd.Series[Any]") -> bool:
    """Numbers in one piece are Arrow's own memory, which nobody may write into; more pieces were copied together."""
    return isinstance(series.dtype, np.dtype) and not series.to_numpy().flags.writeable
