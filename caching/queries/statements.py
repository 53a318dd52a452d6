"""What a statement is about: whether it reads, which tables it names, and its text in one spelling."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from caching.queries.shapes import Shape, shape

_VENDORS = {"postgres": "postgresql"}
_READING = ("SELECT", "WITH", "VALUES", "EXPLAIN", "SHOW", "DESCRIBE", "FROM", "TABLE", "SUMMARIZE")


@dataclass(frozen=True, slots=True)
class Statement:
    """``text`` is the same for statements that differ in spaces, comments and the case of words only.

    ``is_explainable``: nothing but one statement that has a plan; ``EXPLAIN`` before any other may execute it.
    """

    sql: str
    text: str
    is_read: bool
    is_explainable: bool
    tables: frozenset[str]
    shape: Shape


@lru_cache(maxsize=2048)
def statement(sql: str, dialect: str) -> Statement:
    """Looks at ``sql`` as ``dialect`` has it. What is not understood counts as writing, unless it begins as a read."""
    found = shape(sql, _VENDORS.get(dialect, dialect))
    tree = parsed(sql, dialect)
    if tree is None:
        return Statement(sql, " ".join(sql.split()), _begins_as_read(sql), False, frozenset(), found)
    text = tree.sql(dialect=dialect, comments=False)
    return Statement(sql, text, _reads(tree), _is_explainable(tree), _tables(tree), found)


def parsed(sql: str, dialect: str) -> Any:
    """sqlglot's tree of the one statement in ``sql``; None when sqlglot does not understand it."""
    from sqlglot import exp, parse
    from sqlglot.errors import SqlglotError

    try:
        trees = [tree for tree in parse(sql, dialect=dialect) if tree is not None]
    except (SqlglotError, RecursionError, ValueError):
        return None
    return trees[0] if len(trees) == 1 and not isinstance(trees[0], exp.Command) else None


def _reads(tree: Any) -> bool:
    from sqlglot import exp

    if not isinstance(tree, exp.Query | exp.Describe | exp.Values | exp.Show):
        return False
    writes = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Lock)
    return not any(tree.find(one) for one in writes)


def _is_explainable(tree: Any) -> bool:
    from sqlglot import exp

    return isinstance(tree, exp.Query | exp.Values | exp.Insert | exp.Update | exp.Delete)


def _begins_as_read(sql: str) -> bool:
    """A statement that is not understood: only its first word is left, and several statements may be hidden in it."""
    words = sql.split(None, 1)
    return bool(words) and words[0].upper() in _READING and ";" not in sql.rstrip().rstrip(";")


def _tables(tree: Any) -> frozenset[str]:
    from sqlglot import exp

    inside = {with_.alias for with_ in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table) if table.name and table.name not in inside)
