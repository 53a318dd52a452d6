"""What questions about kept series are answered with, and why some are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitoring.kinds import Kind

if TYPE_CHECKING:
    from pandas import DataFrame


class Unanswerable(ValueError):
    """A question without an answer; the message says what is wrong with it."""


class UnknownFunction(Unanswerable):
    """No such function; the message has those that there are."""


@dataclass(frozen=True, slots=True)
class About:
    """A series, as an answer names it."""

    series_id: int
    metric: str
    kind: Kind
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One figure of one series over a span."""

    about: About
    value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same figure of a series over two spans of one length; None where one of them has no samples."""

    about: About
    value: float | None
    earlier: float | None

    @property
    def change(self) -> float | None:
        return None if self.value is None or self.earlier is None else self.value - self.earlier

    @property
    def ratio(self) -> float | None:
        return None if self.value is None or not self.earlier else self.value / self.earlier


def table(answers: Sequence[Answer]) -> "DataFrame":
    """Answers as pandas has them: a column for each tag, then metric and value."""
    from pandas import DataFrame

    return DataFrame([{**one.about.tags, "metric": one.about.metric, "value": one.value} for one in answers])
