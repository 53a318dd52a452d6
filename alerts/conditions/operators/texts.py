"""Texts: whatever makes a new text checks its length first."""

from collections.abc import Callable
from typing import Final

from alerts.conditions.operators.strictness import Operator, strict
from alerts.conditions.values import LONGEST_TEXT, ConditionBroken, bounded_text, number_types

_TOO_LONG: Final = f"a text is longer than {LONGEST_TEXT} characters"


def joined(left: str, right: str) -> str:
    if len(left) + len(right) > LONGEST_TEXT:
        raise ConditionBroken(_TOO_LONG)
    return left + right


def _changing(name: str, change: Callable[..., str]) -> Operator:
    """A method whose result is about as long as the text."""

    @strict(name, str)
    def call(text: str, *arguments: str) -> str:
        return bounded_text(change(bounded_text(text), *arguments))

    return call


lower: Final = _changing("lower", str.lower)
upper: Final = _changing("upper", str.upper)
strip: Final = _changing("strip", str.strip)

starts: Final = strict("startswith", str, (str, tuple))(str.startswith)
ends: Final = strict("endswith", str, (str, tuple))(str.endswith)
count: Final = strict("count", str)(str.count)
length: Final = strict("len", (str, dict))(len)


@strict("replace", str)
def replaced(text: str, old: str, new: str) -> str:
    """Every ``old`` as ``new``, unless the result would be too long."""
    if len(text) + text.count(old) * (len(new) - len(old)) > LONGEST_TEXT:
        raise ConditionBroken(_TOO_LONG)
    return bounded_text(text.replace(old, new))


@strict("str", (str, *number_types))
def written(value: str | float) -> str:
    """The value as Python writes it."""
    return bounded_text(str(value))


@strict("an index", str, int)
def character(text: str, index: int) -> str:
    """One character of a text, counted from 0, or from the end when negative."""
    if not -len(text) <= index < len(text):
        raise ConditionBroken(f"index {index} is outside a text of {len(text)} characters")
    return text[index]


@strict("a slice", str, int)
def part(text: str, start: int, stop: int) -> str:
    """A slice of a text; ends past the text are cut as in Python."""
    return bounded_text(text[start:stop])
