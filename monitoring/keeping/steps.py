"""How a span is cut into steps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from monitoring.clock import to_ms
from monitoring.keeping.answers import Unanswerable
from monitoring.keeping.blocks import HOUR_MS

MOST_STEPS: Final = 1500


@dataclass(frozen=True, slots=True)
class Steps:
    """From ``start_ms`` up to and with ``end_ms``, each ``step_ms`` wide but the last, which the span may cut.

    Steps of whole hours begin on the clock, at the hour that the span begins in: an hour's samples are in one of them.
    """

    start_ms: int
    end_ms: int
    step_ms: int

    @classmethod
    def of(cls, start: datetime, end: datetime, step: timedelta | None) -> Self:
        """Without a step at most 1 500 of them. Raises Unanswerable."""
        start_ms, end_ms = to_ms(start), to_ms(end)
        if end_ms < start_ms:
            raise Unanswerable("the span ends before it begins")
        if step is None:
            return cls.in_parts(start_ms, end_ms, MOST_STEPS)
        step_ms = step // timedelta(milliseconds=1)
        if step_ms <= 0:
            raise Unanswerable("a step is longer than nothing: a millisecond at least")
        return cls._on_the_clock(start_ms, end_ms, step_ms)

    @classmethod
    def in_parts(cls, start_ms: int, end_ms: int, most: int) -> Self:
        """At most so many, and of whole hours as soon as one comes near an hour: they are read from hours then."""
        step_ms = max(1, -(-(end_ms - start_ms) // most))
        return cls._on_the_clock(start_ms, end_ms, step_ms if step_ms < HOUR_MS // 3 else _whole_hours(step_ms))

    @classmethod
    def _on_the_clock(cls, start_ms: int, end_ms: int, step_ms: int) -> Self:
        is_of_hours = step_ms % HOUR_MS == 0
        return cls(start_ms - start_ms % HOUR_MS if is_of_hours else start_ms, end_ms, step_ms)

    @property
    def is_of_hours(self) -> bool:
        return self.step_ms % HOUR_MS == 0


def _whole_hours(step_ms: int) -> int:
    return -(-step_ms // HOUR_MS) * HOUR_MS
