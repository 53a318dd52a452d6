"""SQL of pages: the rows after a key, in order (keyset, or seek, paging; Winand, use-the-index-luke.com/no-offset)."""

from collections.abc import Sequence
from typing import Any

from caching.queries.databases.base import Key
from caching.queries.paging.order import Ordered, Term

HIDDEN = "ahgd_key_"
ROW = "ahgd_row"

Asked = tuple[str, list[Any]]  # SQL, and values for the question marks that were added to it


class Keyset:
    """Writes the statements. Question marks that it adds come after those of the query."""

    def __init__(self, query: Ordered, dialect: str) -> None:
        self.query = query
        self._dialect = dialect

    @property
    def hidden(self) -> int:
        """Columns that come last in a page and are the key of its rows."""
        return len(self.query.terms)

    def page(self, after: Key | None, limit: int, *, skip: int = 0, backwards: bool = False) -> Asked:
        """``limit`` rows after the key, ``skip`` of them left out first; ``backwards``, from the last one on."""
        terms = tuple(term.reversed() for term in self.query.terms) if backwards else self.query.terms
        return self._select(terms, after, limit, skip, only_keys=False)

    def key_at(self, after: Key | None, skip: int) -> Asked:
        """The key of one row, ``skip`` rows after the first that comes after the key."""
        return self._select(self.query.terms, after, 1, skip, only_keys=True)

    def boundaries(self, every: int) -> Asked:
        """The keys of each ``every``-th row, in one pass."""
        from sqlglot import exp

        tree = self._base(only_keys=True).select(exp.alias_(self._row_number(), ROW))
        outer = exp.select(*self._names()).from_(tree.subquery("numbered"))
        outer = outer.where(exp.EQ(this=exp.Mod(this=exp.column(ROW), expression=_number(every)), expression=_number(0)))
        return outer.order_by(exp.column(ROW)).sql(dialect=self._dialect), []

    def count(self) -> Asked:
        from sqlglot import exp

        tree = exp.select("COUNT(*)").from_(self._base(only_keys=True).subquery("counted"))
        return tree.sql(dialect=self._dialect), []

    def repeated(self) -> Asked:
        """One key that more than one row has; no row when the order tells all apart."""
        from sqlglot import exp

        tree = exp.select(*self._names()).from_(self._base(only_keys=True).subquery("keys"))
        tree = tree.group_by(*self._names()).having("COUNT(*) > 1").limit(1)
        return tree.sql(dialect=self._dialect), []

    def filtered(self, condition: Any) -> str:
        """All rows that meet ``condition`` (of sqlglot, over the query's columns), with their number before them."""
        from sqlglot import exp

        numbered = self._base(only_keys=False, first=exp.alias_(exp.Sub(this=self._row_number(), expression=_number(1)), ROW))
        tree = exp.select("*").from_(numbered.subquery("numbered")).where(condition).order_by(exp.column(ROW))
        return tree.sql(dialect=self._dialect)

    def aggregated(self, *expressions: Any) -> str:
        """One row about all rows."""
        from sqlglot import exp

        return exp.select(*expressions).from_(self.query.tree.copy().subquery("whole")).sql(dialect=self._dialect)

    def _select(self, terms: tuple[Term, ...], after: Key | None, limit: int, skip: int, only_keys: bool) -> Asked:
        tree = self._base(only_keys)
        values: list[Any] = []
        if after is not None:
            tree = tree.where(_after(terms, after, values), copy=False)
        tree = tree.order_by(*(_ordered(term) for term in terms), copy=False).limit(limit, copy=False)
        if skip:
            tree = tree.offset(skip, copy=False)
        return tree.sql(dialect=self._dialect), values

    def _base(self, only_keys: bool, first: Any = None) -> Any:
        """The query with its keys as columns, ready for a condition and an order."""
        from sqlglot import exp

        keys = [exp.alias_(term.expression.copy(), f"{HIDDEN}{n}") for n, term in enumerate(self.query.terms)]
        if self.query.is_plain:
            tree = self.query.tree.copy()
        else:
            tree = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("page")))
            tree = tree.from_(self.query.tree.copy().subquery("page"))
        kept = [] if only_keys else tree.expressions
        tree.set("expressions", [*([first] if first is not None else []), *kept, *keys])
        return tree

    def _names(self) -> list[Any]:
        from sqlglot import exp

        return [exp.column(f"{HIDDEN}{n}") for n in range(self.hidden)]

    def _row_number(self) -> Any:
        from sqlglot import exp

        order = exp.Order(expressions=[_ordered(term) for term in self.query.terms])
        return exp.Window(this=exp.RowNumber(), order=order)


def _ordered(term: Term) -> Any:
    from sqlglot import exp

    return exp.Ordered(this=term.expression.copy(), desc=term.descending, nulls_first=term.nulls_first)


def _after(terms: Sequence[Term], key: Key, values: list[Any]) -> Any:
    """Rows that come after ``key``. Where all columns go one way and none is NULL, as one comparison of rows."""
    from sqlglot import exp

    simple = not any(term.is_nullable for term in terms) and len({term.descending for term in terms}) == 1
    if not simple:
        return _stepwise(terms, key, values)
    compare = exp.LT if terms[0].descending else exp.GT
    values += key
    left = [term.expression.copy() for term in terms]
    if len(terms) == 1:
        return compare(this=left[0], expression=exp.Placeholder())
    return compare(
        this=exp.Tuple(expressions=left), expression=exp.Tuple(expressions=[exp.Placeholder() for _ in terms])
    )


def _stepwise(terms: Sequence[Term], key: Key, values: list[Any]) -> Any:
    """After in the first column; or equal in it and after in the second; and so on. NULL is a value with a place."""
    from sqlglot import exp

    ways = []
    for place, term in enumerate(terms):
        found: list[Any] = []
        later = _later(term, key[place], found)
        if later is None:
            continue
        before = [_equal(one, value, values) for one, value in zip(terms[:place], key, strict=False)]
        values += found
        ways.append(exp.and_(*before, later))
    return exp.or_(*ways) if ways else exp.false()


def _equal(term: Term, value: Any, values: list[Any]) -> Any:
    from sqlglot import exp

    if value is None:
        return exp.Is(this=term.expression.copy(), expression=exp.null())
    values.append(value)
    return exp.EQ(this=term.expression.copy(), expression=exp.Placeholder())


def _later(term: Term, value: Any, values: list[Any]) -> Any:
    """None when nothing comes later."""
    from sqlglot import exp

    is_null = exp.Is(this=term.expression.copy(), expression=exp.null())
    if value is None:
        return exp.Not(this=is_null) if term.nulls_first else None
    values.append(value)
    compare = exp.LT if term.descending else exp.GT
    found = compare(this=term.expression.copy(), expression=exp.Placeholder())
    return exp.or_(found, is_null) if term.is_nullable and not term.nulls_first else found


def _number(value: int) -> Any:
    from sqlglot import exp

    return exp.Literal.number(value)
