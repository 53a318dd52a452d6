"""SQL of pages: the rows after a key, in order (keyset, or seek, paging; Winand, use-the-index-luke.com/no-offset)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from caching.queries.databases.base import Key
from caching.queries.paging.after import comes_after
from caching.queries.paging.order import Ordered
from caching.queries.paging.terms import Term

HIDDEN = "ahgd_key_"
ROW = "ahgd_row"
_MOST_WRITTEN = 200

Asked = tuple[str, list[Any]]  # SQL, and values for each ``MARK`` that was added to it


class Keyset:
    """Writes the statements. Each ``MARK`` that it adds comes after the parameters of the query.

    ``keys_are_texts``: keys are read as the database writes them, and compared as the types that it names for them.
    """

    def __init__(self, query: Ordered, dialect: str, *, keys_are_texts: bool = False) -> None:
        self.query = query
        self._dialect = dialect
        self._keys_are_texts = keys_are_texts
        self._written: dict[Any, tuple[str, list[int]]] = {}  # writing a statement takes as long as running it

    @property
    def hidden(self) -> int:
        """Columns that come last in a page and are the key of its rows."""
        return len(self.query.terms)

    def keys(self) -> Asked:
        """No row, with the columns of the key as they are."""
        from sqlglot import exp

        tree = self._base(only_keys=True)
        tree.set("expressions", [exp.alias_(term.expression.copy(), name) for term, name in self._terms()])
        return tree.limit(0).sql(dialect=self._dialect), []

    def typed(self, types: Sequence[str]) -> "Keyset":
        """Of the same query, with keys of these types."""
        terms = tuple(replace(term, type=name) for term, name in zip(self.query.terms, types, strict=True))
        return Keyset(replace(self.query, terms=terms), self._dialect, keys_are_texts=True)

    def page(self, after: Key | None, limit: int, *, skip: int = 0, backwards: bool = False) -> Asked:
        """``limit`` rows after the key, ``skip`` of them left out first; ``backwards``, from the last one on."""
        shape = None if after is None else tuple(value is None for value in after)
        written = (shape, limit, skip, backwards)
        if written not in self._written:
            if len(self._written) > _MOST_WRITTEN:
                self._written.clear()
            self._written[written] = self._select(shape, limit, skip, backwards)
        sql, places = self._written[written]
        return sql, [] if after is None else [after[place] for place in places]

    def boundaries(self, every: int) -> Asked:
        """The keys of each ``every``-th row, in one pass."""
        from sqlglot import exp

        tree = self._base(only_keys=True).select(exp.alias_(self._row_number(), ROW))
        outer = exp.select(*self._names()).from_(tree.subquery("numbered"))
        outer = outer.where(
            exp.EQ(this=exp.Mod(this=exp.column(ROW), expression=_number(every)), expression=_number(0))
        )
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

    def filtered(self, condition: Any) -> Asked:
        """All rows that meet ``condition`` (of sqlglot, over the query's columns), with their numbers before them."""
        from sqlglot import exp

        number = exp.Sub(this=self._row_number(), expression=_number(1))
        numbered = self._base(only_keys=False, first=exp.alias_(number, ROW))
        tree = exp.select("*").from_(numbered.subquery("numbered")).where(condition).order_by(exp.column(ROW))
        return tree.sql(dialect=self._dialect), []

    def present(self, column: str) -> Asked:
        """One row in which ``column`` is not NULL."""
        from sqlglot import exp

        known = exp.Not(this=exp.Is(this=exp.column(column, quoted=True), expression=exp.null()))
        tree = exp.select("*").from_(self.query.tree.copy().subquery("whole")).where(known).limit(1)
        return tree.sql(dialect=self._dialect), []

    def aggregated(self, questions: list[str]) -> Asked:
        """One row about all rows."""
        from sqlglot import exp

        tree = exp.select(*questions, dialect=self._dialect).from_(self.query.tree.copy().subquery("whole"))
        return tree.sql(dialect=self._dialect), []

    def _select(self, key: tuple[bool, ...] | None, limit: int, skip: int, backwards: bool) -> tuple[str, list[int]]:
        """The statement for a key that is NULL where ``key`` says so, and which part of it each ``MARK`` is."""
        terms = tuple(term.reversed() for term in self.query.terms) if backwards else self.query.terms
        tree = self._base(only_keys=False)
        places: list[int] = []
        if key is not None:
            tree = tree.where(comes_after(terms, key, places), copy=False)
        tree = tree.order_by(*(_ordered(term) for term in terms), copy=False).limit(limit, copy=False)
        if skip:
            tree = tree.offset(skip, copy=False)
        return tree.sql(dialect=self._dialect), places

    def _base(self, only_keys: bool, first: Any = None) -> Any:
        """The query with its keys as columns, ready for a condition and an order."""
        from sqlglot import exp

        keys = [exp.alias_(self._shown(term), name) for term, name in self._terms()]
        if self.query.is_plain:
            tree = self.query.tree.copy()
        else:
            tree = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("page")))
            tree = tree.from_(self.query.tree.copy().subquery("page"))
        if only_keys:
            tree.set("locks", None)  # of rows that are only counted; beside a window function they are refused
        kept = [] if only_keys else tree.expressions
        tree.set("expressions", [*([first] if first is not None else []), *kept, *keys])
        return tree

    def _shown(self, term: Term) -> Any:
        from sqlglot import exp

        return exp.cast(term.expression.copy(), "TEXT") if self._keys_are_texts else term.expression.copy()

    def _terms(self) -> list[tuple[Term, str]]:
        return [(term, f"{HIDDEN}{n}") for n, term in enumerate(self.query.terms)]

    def _names(self) -> list[Any]:
        from sqlglot import exp

        return [exp.column(name) for _, name in self._terms()]

    def _row_number(self) -> Any:
        from sqlglot import exp

        order = exp.Order(expressions=[_ordered(term) for term in self.query.terms])
        return exp.Window(this=exp.RowNumber(), order=order)


def _ordered(term: Term) -> Any:
    from sqlglot import exp

    return exp.Ordered(this=term.expression.copy(), desc=term.descending, nulls_first=term.nulls_first)


def _number(value: int) -> Any:
    from sqlglot import exp

    return exp.Literal.number(value)
