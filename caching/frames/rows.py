"""Rows of a lazy frame by their numbers: ``iloc``, and truth values for each."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from caching.frames.lazy import LazyDataFrame


class Rows:
    """``lazy.iloc[rows]`` and ``lazy.iloc[rows, columns]``, both by number."""

    def __init__(self, frame: "LazyDataFrame") -> None:
        self._frame = frame

    def __getitem__(self, wanted: Any) -> Any:
        rows, columns = wanted if isinstance(wanted, tuple) else (wanted, slice(None))
        if isinstance(rows, slice):
            return self._frame[rows].iloc[:, columns]
        if isinstance(rows, int | np.integer):
            return self._frame.numbered(np.array([self._number(int(rows))])).iloc[0].iloc[columns]
        if is_mask(rows):
            return self._frame[rows].iloc[:, columns]
        return self._frame.numbered(np.array([self._number(int(row)) for row in rows], dtype=int)).iloc[:, columns]

    def _number(self, row: int) -> int:
        total = len(self._frame)
        if not -total <= row < total:
            raise IndexError(f"There is no row {row}: there are {total}, numbered from 0.")
        return row + total if row < 0 else row


def is_mask(wanted: Any) -> bool:
    return isinstance(wanted, pd.Series | np.ndarray | list) and len(wanted) > 0 and np.asarray(wanted).dtype == bool
