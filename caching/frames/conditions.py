"""Columns of a lazy frame, and what they are compared with: written as SQL, so that the database does the selecting."""

from collections.abc import Iterable
from math import isinf, isnan
from typing import TYPE_CHECKING, Any

from caching.queries.parameters import plain

if TYPE_CHECKING:
    import pandas as pd

    from caching.frames.lazy import LazyDataFrame


class Condition:
    """True or false for each row, never unknown: as in pandas, a comparison with a missing value is false."""

    def __init__(self, expression: Any, frame: "LazyDataFrame") -> None:
        self.expression = expression
        self.frame = frame

    def __and__(self, other: "Condition") -> "Condition":
        from sqlglot import exp

        return Condition(exp.and_(self.expression, _same_frame(self, other).expression), self.frame)

    def __or__(self, other: "Condition") -> "Condition":
        from sqlglot import exp

        return Condition(exp.or_(self.expression, _same_frame(self, other).expression), self.frame)

    def __invert__(self) -> "Condition":
        from sqlglot import exp

        return Condition(exp.not_(self.expression), self.frame)

    def __bool__(self) -> bool:
        raise TypeError("A condition is about each row: join conditions with & and |, in parentheses, not and and or.")


def _same_frame(one: Condition, other: object) -> Condition:
    if not isinstance(other, Condition) or other.frame.paginated is not one.frame.paginated:
        raise TypeError("Both conditions have to be about columns of one lazy frame.")
    return other


class LazyColumn:
    """A column that is not read yet: compare it, or look at some of its rows."""

    def __init__(self, name: str, frame: "LazyDataFrame") -> None:
        self.name = name
        self._frame = frame

    def __getitem__(self, rows: slice) -> "pd.Series[Any]":
        found: pd.Series[Any] = self._frame[rows][self.name]
        return found

    def head(self, n: int = 5) -> "pd.Series[Any]":
        return self._frame.head(n)[self.name]

    def tail(self, n: int = 5) -> "pd.Series[Any]":
        return self._frame.tail(n)[self.name]

    @property
    def dtype(self) -> Any:
        return self._frame.dtypes[self.name]

    def __len__(self) -> int:
        return len(self._frame)

    def __eq__(self, value: object) -> Condition:  # type: ignore[override]  # as columns of pandas
        return self._compared("EQ", value)

    def __ne__(self, value: object) -> Condition:  # type: ignore[override]  # a missing value differs from all
        return ~self._compared("EQ", value)

    def __lt__(self, value: object) -> Condition:
        return self._compared("LT", value)

    def __le__(self, value: object) -> Condition:
        return self._compared("LTE", value)

    def __gt__(self, value: object) -> Condition:
        return self._compared("GT", value)

    def __ge__(self, value: object) -> Condition:
        return self._compared("GTE", value)

    __hash__ = None  # type: ignore[assignment]  # comparing gives conditions

    def isin(self, values: Iterable[object]) -> Condition:
        from sqlglot import exp

        wanted = list(values)
        if not wanted:
            return Condition(exp.false(), self._frame)
        return self._known(exp.In(this=self._sql(), expressions=[self._literal(value) for value in wanted]))

    def between(self, least: object, greatest: object) -> Condition:
        """Both ends are in it."""
        return (self >= least) & (self <= greatest)

    def isna(self) -> Condition:
        from sqlglot import exp

        return Condition(exp.Is(this=self._sql(), expression=exp.null()), self._frame)

    def notna(self) -> Condition:
        return ~self.isna()

    def is_true(self) -> Condition:
        """The column itself as a condition."""
        from sqlglot import exp

        return self._known(exp.NEQ(this=self._sql(), expression=_false(self._frame)))

    def _compared(self, name: str, value: object) -> Condition:
        from sqlglot import exp

        if isinstance(value, float) and isnan(value):
            return Condition(exp.false(), self._frame)
        return self._known(getattr(exp, name)(this=self._sql(), expression=self._literal(value)))

    def _known(self, expression: Any) -> Condition:
        """False instead of unknown where the column is NULL."""
        from sqlglot import exp

        present = exp.Not(this=exp.Is(this=self._sql(), expression=exp.null()))
        return Condition(exp.paren(exp.and_(present, expression)), self._frame)

    def _literal(self, value: Any) -> Any:
        return _literal(value, self._frame.paginated.optimizer.database.vendor)

    def _sql(self) -> Any:
        from sqlglot import exp

        return exp.column(self.name, quoted=True)


def _false(frame: "LazyDataFrame") -> Any:
    """SQLite keeps truth values as numbers."""
    from sqlglot import exp

    is_number = frame.paginated.optimizer.database.vendor == "sqlite"
    return exp.Literal.number(0) if is_number else exp.false()


def _literal(value: Any, vendor: str) -> Any:
    """As SQL, quoted by sqlglot. Raises TypeError for what has no literal."""
    from sqlglot import exp

    value = plain(value)
    if hasattr(value, "isoformat"):
        value = value.isoformat(" ") if hasattr(value, "hour") else value.isoformat()
    if isinstance(value, float) and isinf(value):
        return _infinity(value, vendor)
    if isinstance(value, bool | int | float | str):
        return exp.convert(value)
    raise TypeError(f"A column cannot be compared with {type(value).__name__}; for missing values, use isna().")


def _infinity(value: float, vendor: str) -> Any:
    """SQLite has no word for it, but takes a number that is too large."""
    from sqlglot import exp

    if vendor != "sqlite":
        return exp.cast(exp.Literal.string(str(value)), exp.DataType.Type.DOUBLE)
    largest = exp.Literal.number("9e999")
    return largest if value > 0 else exp.Neg(this=largest)
