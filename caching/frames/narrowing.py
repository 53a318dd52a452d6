"""One column in the narrowest type that holds it. Each kind of column has one function; they give None to keep it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from caching.frames.texts import narrowed_text

Column = Any  # numpy.ndarray, ExtensionArray or Series: what a frame takes for a column

_WHOLE = tuple(np.dtype(name) for name in ("int8", "int16", "int32", "int64"))


def narrowed(series: "pd.Series[Any]", floats: bool) -> Column:
    """The column's values in the narrowest exact type, never sharing memory that can be written to."""
    for narrow in _NARROWERS:
        found = narrow(series)
        if found is not None:
            return found
    if floats:
        found = _single_precision(series)
        if found is not None:
            return found
    return _kept(series)


def _kept(series: "pd.Series[Any]") -> Column:
    """As it is. A column of numpy is a slice of its frame's block, which it would keep alive: it is copied."""
    values = series.array
    if not isinstance(values, pd.arrays.NumpyExtensionArray):
        return values.copy()
    return pd.Series(
        series.to_numpy(copy=True), series.index, series.dtype, copy=False
    )  # a bare array is inferred anew


def _integers(series: "pd.Series[Any]") -> Column | None:
    dtype = series.dtype
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iu" or not len(series):
        return None
    values = series.to_numpy()
    fitting = _fitting(int(values.min()), int(values.max()))
    return None if fitting is None or fitting.itemsize >= dtype.itemsize else values.astype(fitting)


def _nullable_integers(series: "pd.Series[Any]") -> Column | None:
    values = series.array
    if not isinstance(values, pd.arrays.IntegerArray):
        return None
    missing = np.asarray(series.isna())
    present = series[~missing].to_numpy(dtype="int64" if values.dtype.kind == "i" else "uint64")
    fitting = _fitting(int(present.min()), int(present.max())) if len(present) else None
    if fitting is None or fitting.itemsize >= values.dtype.itemsize:
        return None
    return pd.arrays.IntegerArray(series.fillna(0).to_numpy(dtype=fitting), missing)


def _whole_floats(series: "pd.Series[Any]") -> Column | None:
    """Nullable integers for floats that are all whole: one byte a value for what is missing, the rest for the number.

    Infinity is not whole, and an integer cannot say -0.0.
    """
    dtype = series.dtype
    if not isinstance(dtype, np.dtype) or dtype.kind != "f" or not len(series):
        return None
    values = series.to_numpy()
    if not _looks_whole(values[:1000]):
        return None
    missing = np.isnan(values)
    filled = np.where(missing, 0, values) if missing.any() else values
    if missing.all() or not _looks_whole(filled):
        return None
    fitting = _fitting(int(filled.min()), int(filled.max()))
    if fitting is None or fitting.itemsize + 1 >= dtype.itemsize:
        return None
    return pd.arrays.IntegerArray(filled.astype(fitting), missing)


def _looks_whole(values: "np.ndarray[Any, Any]") -> bool:
    present = values[~np.isnan(values)] if np.isnan(values).any() else values
    whole = np.isfinite(present).all() and (np.trunc(present) == present).all()
    return bool(whole and not (np.signbit(present) & (present == 0)).any())


def _single_precision(series: "pd.Series[Any]") -> Column | None:
    """32 bits for 64, unless a number would become infinite or zero."""
    if series.dtype != np.dtype("float64"):
        return None
    values = series.to_numpy()
    with np.errstate(over="ignore", under="ignore"):
        single = values.astype("float32")
    same = (np.isinf(single) == np.isinf(values)).all() and ((single == 0) == (values == 0)).all()
    return single if same else None


def _fitting(least: int, greatest: int) -> "np.dtype[Any] | None":
    """The narrowest signed type for the range; unsigned ones wrap around below zero in plain differences."""
    for dtype in _WHOLE:
        limits = np.iinfo(dtype)
        if limits.min <= least and greatest <= limits.max:
            return dtype
    return None


_NARROWERS: tuple[Callable[["pd.Series[Any]"], Column | None], ...] = (
    _integers,
    _nullable_integers,
    _whole_floats,
    narrowed_text,
)
