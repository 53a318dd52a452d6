"""Values that are others each time they are asked for, by chance or by the clock: no order can stand on them."""

from collections.abc import Collection
from typing import Any

_CHANCE = frozenset(
    (
        "CHANGES", "GENERATEUUIDV4", "GEN_RANDOM_UUID", "LAST_INSERT_ROWID", "NEXTVAL", "RAND", "RANDN", "RANDOM",
        "RANDOMBLOB", "RANDOM_NORMAL", "SETSEED", "TOTAL_CHANGES", "UUID", "UUIDV4", "UUIDV7",
    )
)  # fmt: skip
_CLOCK = frozenset(
    (
        "CLOCK_TIMESTAMP", "CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "CURRENT_TIMESTAMP",
        "GET_CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "NOW", "STATEMENT_TIMESTAMP", "TIMEOFDAY",
        "TRANSACTION_TIMESTAMP",
    )
)  # fmt: skip
# These mean now when they are given nothing, or a text that says so.
_TIMES = frozenset(
    ("CAST", "DATE", "DATETIME", "JULIANDAY", "TIME", "TIMEDIFF", "TS_OR_DS_TO_TIMESTAMP", "UNIXEPOCH")
)  # fmt: skip
_NOW = frozenset(("now", "today", "tomorrow", "yesterday"))


def is_by_chance(expression: Any) -> bool:
    """Whether a function in it (of sqlglot) gives another value with each call."""
    from sqlglot import exp

    return any(_name(called) in _CHANCE for called in expression.find_all(exp.Func))


def is_by_clock(expression: Any) -> bool:
    """Whether it is another value a moment later."""
    from sqlglot import exp

    return any(_tells_time(called, _name(called)) for called in expression.find_all(exp.Func))


def moving_columns(query: Any) -> "Collection[str]":
    """Names, in small letters, of columns in ``query`` that are worked out by the clock, or from such columns.

    All of them where columns of several selects become one, or are given other names from outside.
    """
    from sqlglot import exp

    shown = [part for select in query.find_all(exp.Select) for part in select.expressions]
    moving: set[str] = set()
    while True:
        found = {part.alias_or_name.casefold() for part in shown if is_by_clock(part) or _reads(part, moving)}
        if found == moving:
            break
        moving = found
    renamed = any(alias.args.get("columns") for alias in query.find_all(exp.TableAlias))
    is_joined = query.find(exp.SetOperation) is not None or renamed
    return {part.alias_or_name.casefold() for part in shown} if moving and is_joined else moving


def _reads(part: Any, names: set[str]) -> bool:
    from sqlglot import exp

    return any(column.name.casefold() in names for column in part.find_all(exp.Column))


def _tells_time(called: Any, name: str) -> bool:
    if name == "AGE":  # of one time it is the time since then
        return len(called.expressions) == 1
    if name in _TIMES:
        given = [part for part in called.iter_expressions() if type(part).__name__ != "DataType"]
        return not given or any(part.is_string and part.name.lower() in _NOW for part in given)
    return name in _CLOCK


def _name(called: Any) -> str:
    from sqlglot import exp

    return str(called.name if isinstance(called, exp.Anonymous) else called.sql_name()).upper()
