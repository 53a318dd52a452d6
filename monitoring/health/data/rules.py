"""What a data file has to look like, as people write it: a JSON object of rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, Self

_HINT = (
    'write an object such as {"columns": ["sa2_code"], "nulls": {"sa2_code": 0}, "ranges": {"score": [0, 1500]},'
    ' "rows": [1000, null], "unique": ["sa2_code"]}'
)


class RulesRefused(ValueError):
    """The rules cannot be read; the text says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Rules:
    """``columns`` have to be there; ``nulls`` are the largest shares (0 to 1), ``ranges`` the least and largest values
    by column (None for no bound); ``rows`` likewise for their number; no two rows share their values of ``unique``.
    """

    columns: tuple[str, ...] = ()
    nulls: Mapping[str, float] = field(default_factory=dict)
    ranges: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    rows: tuple[int | None, int | None] = (1, None)
    unique: tuple[str, ...] = ()

    @classmethod
    def parse(cls, written: object) -> Self:
        """Raises RulesRefused."""
        if not isinstance(written, dict):
            raise RulesRefused(f"The rules are no object: {_HINT}.")
        unknown = sorted(set(written) - set(_READERS))
        if unknown:
            raise RulesRefused(f"There is no rule {unknown[0]!r}; there are {', '.join(_READERS)}.")
        found: dict[str, Any] = {name: read(written[name]) for name, read in _READERS.items() if name in written}
        return cls(**found)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every column that a rule names, in order."""
        return tuple(dict.fromkeys((*self.columns, *self.nulls, *self.ranges, *self.unique)))


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise RulesRefused(f"columns and unique are lists of names: {_HINT}.")
    return tuple(value)


def _shares(value: object) -> dict[str, float]:
    if not isinstance(value, dict) or not all(_is_number(share) and 0 <= share <= 1 for share in value.values()):
        raise RulesRefused(f"nulls gives each column a share from 0 to 1: {_HINT}.")
    return {str(name): float(share) for name, share in value.items()}


def _ranges(value: object) -> dict[str, tuple[Any, Any]]:
    if not isinstance(value, dict):
        raise RulesRefused(f"ranges gives each column its least and largest value: {_HINT}.")
    return {str(name): _bounds(bounds) for name, bounds in value.items()}


def _bounds(value: object) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise RulesRefused(f"A range has two bounds, null for none: {_HINT}.")
    low, high = value
    if not all(bound is None or isinstance(bound, str) or _is_number(bound) for bound in value):
        raise RulesRefused(f"The bounds of a range are numbers, texts or null: {_HINT}.")
    if low is not None and high is not None and (isinstance(low, str) != isinstance(high, str) or low > high):
        raise RulesRefused(f"A range begins with its lower bound, and both are of one kind: {_HINT}.")
    return low, high


def _rows(value: object) -> tuple[int | None, int | None]:
    low, high = _bounds(value)
    if not all(bound is None or (type(bound) is int and bound >= 0) for bound in (low, high)):
        raise RulesRefused(f"rows are the least and the largest number of rows: {_HINT}.")
    return low, high


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -inf < value < inf


_READERS = {"columns": _names, "nulls": _shares, "ranges": _ranges, "rows": _rows, "unique": _names}
