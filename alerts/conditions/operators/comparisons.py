"""Comparisons: true, false, or unknown when a side is."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from alerts.conditions.operators.strictness import Operator, strict, wrong_types
from alerts.conditions.values import ConditionBroken, Value, bounded_number, number_types

Container = str | frozenset[Value] | dict[str, Any] | float | None


def _ordering(symbol: str, compare: Callable[[Any, Any], bool]) -> Operator:
    def apply(left: Value, right: Value) -> bool | None:
        if left is None or right is None:
            return None
        if isinstance(left, number_types) and isinstance(right, number_types):
            return compare(left, right)
        if isinstance(left, str) and isinstance(right, str):
            return compare(left, right)
        raise wrong_types(symbol, left, right)

    return apply


def _equal(left: Value, right: Value) -> bool | None:
    """A number and a text are never equal, and that is no error."""
    return None if left is None or right is None else left == right


def _different(left: Value, right: Value) -> bool | None:
    return None if left is None or right is None else left != right


def _contains(left: Value, container: Container) -> bool | None:
    """Whether a text is part of a text, a value one of a list, or a key one of tags or metadata."""
    if left is None or container is None:
        return None
    if isinstance(container, (frozenset, dict)):
        return left in container
    if isinstance(container, str) and isinstance(left, str):
        return left in container
    raise wrong_types("in", left, container)


def _misses(left: Value, container: Container) -> bool | None:
    found = _contains(left, container)
    return None if found is None else not found


COMPARISONS: Final[Mapping[str, Operator]] = {
    "<": _ordering("<", operator.lt),
    "<=": _ordering("<=", operator.le),
    ">": _ordering(">", operator.gt),
    ">=": _ordering(">=", operator.ge),
    "==": _equal,
    "!=": _different,
    "in": _contains,
    "not in": _misses,
}

truth_of: Final = strict("bool", (str, *number_types))(bool)


def decisive(value: Value) -> bool | None:
    """A value used as a condition has to be JSON's true or false; 0 and the empty text decide nothing."""
    if value is None or isinstance(value, bool):
        return value
    raise wrong_types("a condition", value)


def metadata_value(metadata: Mapping[str, Any], key: str) -> Value:
    """The entry under ``key``, None when missing or null; ConditionBroken for lists, objects and unbounded numbers."""
    value = metadata.get(key)
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, number_types):
        return bounded_number(value)
    raise ConditionBroken(f"metadata[{key!r}] is a {type(value).__name__}; only texts, numbers and truth values count")
