"""SQL of pages: the rows after a key, in order (keyset, or seek, paging; Winand, use-the-index-luke.com/no-offset)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from caching.queries.databases.base import Key
from caching.queries.paging.order import Ordered, Term
from caching.queries.parameters import MARK

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
            tree = tree.where(_after(terms, key, places), copy=False)
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


def _after(terms: Sequence[Term], key: Sequence[bool], places: list[int]) -> Any:
    """Rows that come after a key. Where all columns go one way and none is NULL, as one comparison of rows."""
    from sqlglot import exp

    simple = not any(term.is_nullable for term in terms) and len({term.descending for term in terms}) == 1
    if not simple:
        return _stepwise(terms, key, places)
    compare = exp.LT if terms[0].descending else exp.GT
    places += range(len(terms))
    left = [term.expression.copy() for term in terms]
    if len(terms) == 1:
        return compare(this=left[0], expression=_mark(terms[0]))
    marks = exp.Tuple(expressions=[_mark(term) for term in terms])
    return compare(this=exp.Tuple(expressions=left), expression=marks)


def _stepwise(terms: Sequence[Term], key: Sequence[bool], places: list[int]) -> Any:
    """After in the first column; or equal in it and after in the second; and so on. NULL is a value with a place."""
    from sqlglot import exp

    ways = []
    for place, term in enumerate(terms):
        later, is_marked = _later(term, key[place])
        if later is None:
            continue
        before = [_equal(one, is_null) for one, is_null in zip(terms[:place], key, strict=False)]
        places += [one for one in range(place) if not key[one]] + ([place] if is_marked else [])
        ways.append(exp.and_(*before, later))
    if not ways:
        return exp.false()
    return exp.or_(*ways) if len(terms) == 1 else _bounded(terms[0], key[0], exp.or_(*ways), places)


def _bounded(first: Term, is_null: bool, found: Any, places: list[int]) -> Any:
    """With a condition on the first column alone, which an index can begin at; alternatives hide it."""
    from sqlglot import exp

    if is_null or (first.is_nullable and not first.nulls_first):
        return found
    compare = exp.LTE if first.descending else exp.GTE
    places.insert(0, 0)
    return exp.and_(compare(this=first.expression.copy(), expression=_mark(first)), found)


def _equal(term: Term, is_null: bool) -> Any:
    from sqlglot import exp

    if is_null:
        return exp.Is(this=term.expression.copy(), expression=exp.null())
    return exp.EQ(this=term.expression.copy(), expression=_mark(term))


def _later(term: Term, is_null: bool) -> tuple[Any, bool]:
    """What comes later, None when nothing does; and whether a value is compared with."""
    from sqlglot import exp

    null = exp.Is(this=term.expression.copy(), expression=exp.null())
    if is_null:
        return (exp.Not(this=null) if term.nulls_first else None), False
    compare = exp.LT if term.descending else exp.GT
    found = compare(this=term.expression.copy(), expression=_mark(term))
    return (exp.or_(found, null) if term.is_nullable and not term.nulls_first else found), True


def _number(value: int) -> Any:
    from sqlglot import exp

    return exp.Literal.number(value)


def _mark(term: Term) -> Any:
    from sqlglot import exp

    mark = exp.Var(this=MARK)
    return exp.Cast(this=mark, to=exp.Var(this=term.type)) if term.type else mark
