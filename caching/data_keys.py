"""Arrays and frames as parts of keys: by type, shape, labels and content. Loads numpy and pandas; they are in use."""

import io
import pickle
from typing import Any

import numpy as np
import pandas as pd

from caching import keys

_PLAIN = frozenset((str, bytes, int, float, bool, type(None)))


def written(value: Any) -> bytes | None:
    """None when it is neither an array nor a frame of the plain kinds; ``keys.Unkeyable`` for what is in it."""
    if isinstance(value, np.generic):
        return keys.written(str(value.dtype)) + value.tobytes()
    if type(value) is np.ndarray:
        return _array(value)
    if type(value) is pd.DataFrame:
        columns = [_column(value.iloc[:, number].array) for number in range(value.shape[1])]
        return b"".join((_index(value.index), _index(value.columns), *columns, keys.written(value.attrs)))
    if type(value) is pd.Series:
        return b"".join(
            (keys.written(value.name), _index(value.index), _column(value.array), keys.written(value.attrs))
        )
    if isinstance(value, pd.Index):
        return _index(value)
    if isinstance(value, pd.Timestamp | pd.Timedelta):
        return f"{value!r} {value.unit} {getattr(value, 'fold', 0)}".encode()
    if isinstance(value, pd.Period | pd.Interval):
        return repr(value).encode()
    return keys.written("NA") if value is pd.NA or value is pd.NaT else None


def _array(array: "np.ndarray[Any, Any]") -> bytes:
    about = keys.written((str(array.dtype.descr if array.dtype.names else array.dtype.str), array.shape))
    if array.dtype.hasobject:
        return about + _objects(array.ravel().tolist())
    return about + np.ascontiguousarray(array).tobytes()


def _index(index: Any) -> bytes:
    if isinstance(index, pd.MultiIndex):
        levels = [_column(index.get_level_values(number).array) for number in range(index.nlevels)]
        return b"".join((keys.written(list(index.names)), *levels))
    if isinstance(index, pd.RangeIndex):
        return keys.written((index.name, range(index.start, index.stop, index.step)))
    return keys.written(index.name) + _column(index.array)


def _column(values: Any) -> bytes:
    about = keys.written(repr(values.dtype) if not isinstance(values.dtype, pd.CategoricalDtype) else "category")
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = values.dtype.categories
        return about + keys.written(bool(values.ordered)) + _index(categories) + _array(values.codes)
    if isinstance(values.dtype, np.dtype) and not values.dtype.hasobject:
        return about + _array(values.to_numpy())
    if hasattr(values, "asi8"):  # times with a zone, periods
        return about + _array(values.asi8)
    return about + _objects(values.tolist())


def _objects(values: list[Any]) -> bytes:
    """Plain ones by a pickle without its memo, which would tell one text from an equal one; others one by one."""
    if set(map(type, values)) <= _PLAIN:
        buffer = io.BytesIO()
        pickler = pickle.Pickler(buffer, 5)
        pickler.fast = True
        pickler.dump(values)
        return keys.written(buffer.getvalue())
    return keys.written(values)
