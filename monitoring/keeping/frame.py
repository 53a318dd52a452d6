"""The samples of one series as columns, in time order: what a chunk holds, and what readers compute with."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import compress
from typing import Any, Final, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from monitoring.windows import AT, COUNT, MAXIMUM, MINIMUM, SKETCH, TOTAL, VALUE, VALUES, Columns, Row

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Column = TypeVar("Column", bound=NDArray[Any])

NO_COUNT = -1
"""In ``count``, for a sample of one value; in the columns of floats that is NaN, which no sample is."""
EDITED = SKETCH + 1
"""Where a stored row says whether somebody edited it, after the columns of ``windows.TIMINGS``."""


@dataclass(frozen=True, slots=True)
class Frame:
    """``at`` in ms since the epoch, ascending. A column that is None is so for every sample.

    ``value`` means what it does in a snapshot: the last of a gauge, the increase of a counter, the slowest call.
    """

    at: Integers
    value: Floats
    count: Integers | None = None
    total: Floats | None = None
    minimum: Floats | None = None
    maximum: Floats | None = None
    sketches: tuple[bytes | None, ...] | None = None
    edited: Flags | None = None

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def of_rows(cls, rows: Sequence[Row]) -> Self:
        """Rows as ``windows.TIMINGS`` has them, or its first columns, or with ``edited`` behind; any order."""
        rows = sorted(rows, key=_at)
        columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * len(VALUES)
        columns += [()] * (EDITED + 1 - len(columns))
        at, value = np.array(columns[AT], np.int64), np.array(columns[VALUE], np.float64)
        sketches = tuple(None if sketch is None else bytes(sketch) for sketch in columns[SKETCH])
        return cls(
            at,
            value,
            _counts(columns[COUNT]),
            _floats(columns[TOTAL]),
            _floats(columns[MINIMUM]),
            _floats(columns[MAXIMUM]),
            None if all(sketch is None for sketch in sketches) else sketches,
            np.array(columns[EDITED], bool) if any(columns[EDITED]) else None,
        )

    @classmethod
    def joined(cls, frames: Sequence[Self]) -> Self:
        """All samples in one; of equal times those of the earlier frame come first."""
        frames = [frame for frame in frames if len(frame)] or [*frames[:1]]
        if len(frames) == 1:
            return frames[0]
        parts = {name: [frame.filled(name) for frame in frames] for name in _present(frames)}
        columns = {name: np.concatenate(found) for name, found in parts.items()}
        sketches = columns.pop("sketches", None)
        return cls(**columns, sketches=None if sketches is None else tuple(sketches.tolist())).in_order()

    def in_order(self) -> Self:
        """By time; of equal times, as they are."""
        if not (self.at[1:] < self.at[:-1]).any():
            return self
        order = np.argsort(self.at, kind="stable")
        places = order.tolist()
        return self._each(
            lambda column: tuple(column[n] for n in places) if isinstance(column, tuple) else column[order]
        )

    def plain(self) -> Self:
        """With None for columns in which no sample has anything."""
        found: dict[str, Any] = {}
        for name, none in _NONES.items():
            column = self.filled(name)
            is_none = np.isnan(column) if none is np.nan else column == none
            found[name] = None if is_none.all() else column
        has_sketches = self.sketches is not None and any(sketch is not None for sketch in self.sketches)
        return replace(self, **found, sketches=self.sketches if has_sketches else None)

    def between(self, start_ms: int, end_ms: int) -> Self:
        """From ``start_ms`` up to and with ``end_ms``."""
        if not len(self) or (self.at[0] >= start_ms and self.at[-1] <= end_ms):
            return self
        return self.part(slice(*np.searchsorted(self.at, (start_ms, end_ms + 1)).tolist()))

    def part(self, chosen: slice) -> Self:
        """These samples, by their places."""
        return self._each(lambda column: column[chosen])

    def only(self, flags: Flags) -> Self:
        """Those whose flag is set."""
        return self._each(lambda column: tuple(compress(column, flags)) if isinstance(column, tuple) else column[flags])

    def _each(self, take: Callable[[Any], Any]) -> Self:
        columns: dict[str, Any] = {name: getattr(self, name) for name in _NAMES}
        parts: dict[str, Any] = {name: column if column is None else take(column) for name, column in columns.items()}
        return type(self)(**parts)

    def filled(self, name: str) -> NDArray[Any]:
        """A column, with what stands for "none" where there is none."""
        found = getattr(self, name)
        if name == "sketches":
            column = np.empty(len(self), object)
            column[:] = [None] * len(self) if found is None else found
            return column
        return np.full(len(self), _NONES[name]) if found is None else np.asarray(found)

    @property
    def counts(self) -> Integers:
        """Values that each sample sums up."""
        if self.count is None:
            return np.ones(len(self), np.int64)
        return np.where(self.count == NO_COUNT, 1, self.count)

    @property
    def totals(self) -> Floats:
        return self._or_value(self.total)

    @property
    def minima(self) -> Floats:
        return self._or_value(self.minimum)

    @property
    def maxima(self) -> Floats:
        return self._or_value(self.maximum)

    def _or_value(self, column: Floats | None) -> Floats:
        return self.value if column is None else np.where(np.isnan(column), self.value, column)

    def rows(self, series_id: int, columns: Columns) -> list[Row]:
        """As the database gives them: the series' id, then the first of ``windows.TIMINGS``."""
        found = [[series_id] * len(self), self.at.tolist(), self.value.tolist()]
        found += [self._nullable(_OWN.get(name, name)) for name in columns[VALUE + 1 :]]
        return list(zip(*found, strict=True))

    def _nullable(self, name: str) -> list[Any]:
        column = getattr(self, name)
        if column is None:
            return [None] * len(self)
        if name == "sketches":
            return list(column)
        nones = np.flatnonzero(column == NO_COUNT if name == "count" else np.isnan(column)).tolist()
        plain: list[Any] = column.tolist()
        for place in nones:
            plain[place] = None
        return plain


_OWN: Final = {"sketch": "sketches"}  # columns that the database calls otherwise
_NAMES: Final = tuple(each.name for each in fields(Frame))
_NONES: dict[str, Any] = {"count": NO_COUNT, "total": np.nan, "minimum": np.nan, "maximum": np.nan, "edited": False}
EMPTY = Frame(np.empty(0, np.int64), np.empty(0, np.float64))


def _present(frames: Iterable[Frame]) -> list[str]:
    return [name for name in _NAMES if any(getattr(frame, name) is not None for frame in frames)]


def _counts(column: Sequence[int | None]) -> Integers | None:
    if all(count is None for count in column):
        return None
    return np.array([NO_COUNT if count is None else count for count in column], np.int64)


def _floats(column: Sequence[float | None]) -> Floats | None:
    found = np.array(column, np.float64)  # None becomes NaN
    return None if np.isnan(found).all() else found


def _at(row: Row) -> int:
    at: int = row[AT]
    return at
