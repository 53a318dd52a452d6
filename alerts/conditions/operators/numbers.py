"""Arithmetic: finite numbers in, finite numbers out."""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from alerts.conditions.operators.strictness import Operator, strict, wrong_types
from alerts.conditions.operators.texts import joined
from alerts.conditions.values import ConditionBroken, Value, bounded_number, number_types

_MOST_DIGITS: Final = 300


def _arithmetic(symbol: str, calculate: Callable[[Any, Any], Any]) -> Operator:
    def apply(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if not (isinstance(left, number_types) and isinstance(right, number_types)):
            raise wrong_types(symbol, left, right)
        try:
            return bounded_number(calculate(left, right))
        except ZeroDivisionError as error:
            raise ConditionBroken(f"division by zero: {left:g} {symbol} {right:g}") from error
        except (OverflowError, ValueError) as error:
            raise ConditionBroken(f"{left:g} {symbol} {right:g} has no finite result") from error

    return apply


_add_numbers: Final = _arithmetic("+", operator.add)


def add(left: Value, right: Value) -> Value:
    """The sum of two numbers, or two texts joined."""
    if isinstance(left, str) and isinstance(right, str):
        return joined(left, right)
    total: Value = _add_numbers(left, right)
    return total


ARITHMETIC: Final[Mapping[str, Operator]] = {
    "+": add,
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", operator.truediv),
    "//": _arithmetic("//", operator.floordiv),
    "%": _arithmetic("%", operator.mod),
    # math.pow and not operator.pow: it takes constant time and never leaves the real numbers.
    "**": _arithmetic("**", math.pow),
}

SIGNS: Final[Mapping[str, Operator]] = {
    "negative": strict("-", number_types)(operator.neg),
    "positive": strict("+", number_types)(operator.pos),
}

absolute: Final = strict("abs", number_types)(abs)
smallest: Final = strict("min", number_types)(min)
largest: Final = strict("max", number_types)(max)


@strict("int", (str, *number_types))
def whole(value: str | float) -> int:
    """A number cut towards zero, or a text of digits read."""
    if isinstance(value, str) and len(value) > _MOST_DIGITS:
        raise ConditionBroken(f"int takes at most {_MOST_DIGITS} digits")
    try:
        number = int(value)
    except ValueError as error:
        raise ConditionBroken(f"{value!r} is not a whole number") from error
    bounded_number(number)
    return number


@strict("float", (str, *number_types))
def fraction(value: str | float) -> float:
    """A number as a float, or a text read as one."""
    if isinstance(value, str) and len(value) > _MOST_DIGITS:
        raise ConditionBroken(f"float takes at most {_MOST_DIGITS} digits")
    try:
        return bounded_number(float(value))
    except ValueError as error:
        raise ConditionBroken(f"{value!r} is not a number") from error


@strict("round", number_types, int)
def rounded(number: float, digits: int | None = None) -> float:
    """As in Python: halves go to the even neighbour."""
    if digits is not None and abs(digits) > _MOST_DIGITS:
        raise ConditionBroken(f"round takes at most {_MOST_DIGITS} digits")
    return bounded_number(round(number, digits))
