"""A replay that somebody waits for ends in time, or says where it can take longer."""

import time
from dataclasses import dataclass, field

LIMIT_SECONDS = 20.0


class ReplayTooSlow(Exception):
    """It would take longer than whoever asked can wait."""


@dataclass(slots=True)
class Budget:
    """To be told of progress; ``began`` is of the monotonic clock. Parts are short against the limit."""

    limit_seconds: float = LIMIT_SECONDS
    began: float = field(default_factory=time.monotonic)

    def __call__(self, done: float) -> None:
        """Raises ReplayTooSlow."""
        if done < 1 and time.monotonic() - self.began > self.limit_seconds:
            raise ReplayTooSlow(
                f"After {self.limit_seconds:.0f} s it is {done:.0%} done. Look back a shorter time, or run "
                "manage.py rules replay, which has no limit."
            )
