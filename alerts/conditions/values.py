"""What a condition computes with: bounded numbers, bounded texts, and ``None`` for what is not known.

Inside the language ``None`` is the one sentinel for "missing": a fact this subject does not have, a tag that is not
set, an empty window. Zero, the empty text and ``False`` are values like any other.
"""

import enum
from typing import Final, Never, cast

number_types: Final = (int, float)  # bool is an int here as in Python, so that comparisons can be added up

LARGEST_NUMBER: Final = 1e300
LONGEST_TEXT: Final = 10_000

Value = str | int | float | bool | None


class ConditionBroken(Exception):
    """The condition could not be computed on these facts; ``reason`` says why, for the rule's ``broken`` state."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Truth(enum.Enum):
    """The three values of Kleene's strong logic. Unknown counts as false wherever a decision is needed."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        return self is Truth.TRUE


class NotFinite:
    """Stands for a NaN or infinite number: using it breaks the condition, not using it is harmless.

    It replaces the number once, when the facts are made, so that no comparison has to ask again.
    """

    def _refuse(self, *_others: object) -> Never:
        raise ConditionBroken("a number is NaN or infinite")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refuse

    def __repr__(self) -> str:
        return "NaN or infinity"


NOT_FINITE: Final = cast(float, NotFinite())


def bounded_number(number: float) -> float:
    """The number itself; ConditionBroken when it is NaN, infinite or past +-1e300."""
    if -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
        return number
    if number != number:
        raise ConditionBroken("a number is NaN")
    raise ConditionBroken(f"a number is past {LARGEST_NUMBER:g}")


def bounded_text(text: str) -> str:
    """The text itself; ConditionBroken when it is longer than 10 000 characters."""
    if len(text) > LONGEST_TEXT:
        raise ConditionBroken(f"a text is longer than {LONGEST_TEXT} characters")
    return text
