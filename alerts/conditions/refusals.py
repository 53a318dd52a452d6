"""How a text is refused: what is wrong, where, and what is allowed instead."""

import difflib
from collections.abc import Iterable


class ConditionRefused(ValueError):
    """The text is not a condition.

    ``position`` is the offset in characters from the start of the text, ``advice`` what to write instead, or empty.
    """

    def __init__(self, message: str, position: int = 0, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}; {self.advice}" if self.advice else self.message

    def line_and_column(self, text: str) -> tuple[int, int]:
        """Where ``position`` lies in ``text``, both counted from 1 as editors do."""
        before = text[: self.position]
        return before.count("\n") + 1, self.position - (before.rfind("\n") + 1) + 1


def suggestion(word: str, known: Iterable[str]) -> str:
    """ "did you mean `value`?" for a near miss, otherwise the whole list of what is allowed."""
    allowed = sorted(known)
    close = difflib.get_close_matches(word, allowed, n=1) or difflib.get_close_matches(word.lower(), allowed, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return "allowed here: " + ", ".join(allowed)
