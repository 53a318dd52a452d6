"""The condition that a row comes after a key."""

from collections.abc import Sequence
from typing import Any

from caching.queries.paging.terms import Term
from caching.queries.parameters import MARK


def comes_after(terms: Sequence[Term], key: Sequence[bool], places: list[int]) -> Any:
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


def _mark(term: Term) -> Any:
    from sqlglot import exp

    mark = exp.Var(this=MARK)
    return exp.Cast(this=mark, to=exp.Var(this=term.type)) if term.type else mark
