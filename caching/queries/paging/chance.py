"""Values that are others each time they are asked for: no order can stand on them."""

from typing import Any

_NAMES = frozenset(
    (
        "CHANGES", "CLOCK_TIMESTAMP", "GENERATEUUIDV4", "GEN_RANDOM_UUID", "LAST_INSERT_ROWID", "NEXTVAL", "RAND",
        "RANDN", "RANDOM", "RANDOMBLOB", "SETSEED", "TIMEOFDAY", "TOTAL_CHANGES", "UUID", "UUIDV4", "UUIDV7",
    )
)  # fmt: skip


def is_by_chance(expression: Any) -> bool:
    """Whether a function in it (of sqlglot) gives another value with each call."""
    from sqlglot import exp

    return any(_name(called) in _NAMES for called in expression.find_all(exp.Func))


def _name(called: Any) -> str:
    from sqlglot import exp

    return str(called.name if isinstance(called, exp.Anonymous) else called.sql_name()).upper()
