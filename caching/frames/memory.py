"""The same frame in less memory: narrower types that hold exactly the same values.

Nothing here rounds unless ``floats`` is asked for, and then the report says by how much.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

from caching.frames.narrowing import narrowed

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one column; columns are told apart by position, since names may repeat."""

    position: int
    column: object
    before: str
    after: str
    before_bytes: int
    after_bytes: int
    greatest_error: float = 0.0
    """The largest difference between a value and what it became; 0 unless floats were narrowed."""
    greatest_relative_error: float = 0.0


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """What changed, and what that saved; bytes include the index and the texts themselves."""

    changes: tuple[Change, ...]
    before_bytes: int
    after_bytes: int

    @property
    def saved_bytes(self) -> int:
        return self.before_bytes - self.after_bytes

    @property
    def ratio(self) -> float:
        """After as a share of before; 1 when there was nothing to save."""
        return self.after_bytes / self.before_bytes if self.before_bytes else 1.0

    def __str__(self) -> str:
        lines = [
            f"{self.before_bytes / 1e6:.1f} MB became {self.after_bytes / 1e6:.1f} MB ({self.ratio:.0%})",
            *(f"  {change.column}: {change.before} -> {change.after}{_error(change)}" for change in self.changes),
        ]
        return "\n".join(lines)


def _error(change: Change) -> str:
    if change.greatest_error == 0:
        return ""
    return f", off by at most {change.greatest_error:.3g} ({change.greatest_relative_error:.2g} of the value)"


@overload
def optimize_dataframe_memory(
    df: "pd.DataFrame", floats: bool = ..., report: Literal[False] = ...
) -> "pd.DataFrame": ...


@overload
def optimize_dataframe_memory(
    df: "pd.DataFrame", floats: bool = ..., *, report: Literal[True]
) -> "tuple[pd.DataFrame, MemoryReport]": ...


def optimize_dataframe_memory(
    df: "pd.DataFrame", floats: bool = False, report: bool = False
) -> "pd.DataFrame | tuple[pd.DataFrame, MemoryReport]":
    """A new frame with the same rows, columns, index and values, in narrower types; ``df`` stays as it is.

    Integers get the narrowest signed type, texts that repeat become categories (sorted, so that sorting and grouping
    give what they gave), floats that are all whole become nullable integers, dates and the rest are kept. A missing
    value stays missing. With ``floats``, floats of 64 bits become 32 bits where that loses no magnitude.
    With ``report``, gives the frame and a MemoryReport; working that out looks at every text once more.

    Arithmetic between narrow integers stays narrow: cast before multiplying columns whose product may not fit.
    """
    result = df.copy(deep=False)
    for position in range(df.shape[1]):
        result.isetitem(position, narrowed(df.iloc[:, position], floats))
    if not report:
        return result
    found = compare_memory(df, result)
    log.debug("%s", found)
    return result, found


def compare_memory(before: "pd.DataFrame", after: "pd.DataFrame") -> MemoryReport:
    """What it takes, column by column, to hold the same values in two frames."""
    before_bytes, after_bytes = (frame.memory_usage(deep=True).to_list() for frame in (before, after))
    changes = [
        _change(position, before.iloc[:, position], after.iloc[:, position], *size_bytes)
        for position, size_bytes in enumerate(zip(before_bytes[1:], after_bytes[1:], strict=True))
        if before.dtypes.iloc[position] != after.dtypes.iloc[position]
    ]
    return MemoryReport(tuple(changes), sum(before_bytes), sum(after_bytes))


def _change(position: int, old: "pd.Series[Any]", new: "pd.Series[Any]", before_bytes: int, after_bytes: int) -> Change:
    types = str(old.dtype), str(new.dtype)
    return Change(position, old.name, *types, before_bytes, after_bytes, *_errors(old, new))


def _errors(old: "pd.Series[Any]", new: "pd.Series[Any]") -> tuple[float, float]:
    """Greatest absolute and relative error of floats that became narrower floats; infinities are exact."""
    import numpy as np

    if old.dtype != "float64" or new.dtype != "float32":
        return 0.0, 0.0
    exact = old.to_numpy(dtype="float64", na_value=np.nan)
    finite = np.isfinite(exact)
    exact = exact[finite]
    off = np.abs(exact - new.to_numpy(dtype="float64", na_value=np.nan)[finite])
    if not len(off):
        return 0.0, 0.0
    relative = np.divide(off, np.abs(exact), out=np.zeros_like(off), where=exact != 0)
    return float(off.max()), float(relative.max())
