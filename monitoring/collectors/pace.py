"""How often what is asked at each flush is to answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf

_EARLY_SECONDS = 0.5  # a flush a little early still counts


@dataclass(slots=True)
class Pace:
    """Once every ``every_seconds``, by a clock that nobody sets: one that is set back would stop it for as long."""

    every_seconds: float
    clock: Callable[[], float] = time.monotonic
    _due: float = field(default=-inf, init=False)

    def is_due(self) -> bool:
        """True for the first who asks once the interval is over."""
        now = self.clock()
        if now < self._due:
            return False
        self._due = now + self.every_seconds - _EARLY_SECONDS
        return True
