"""When to try again after a failure that may pass, and when to give up."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

GIVE_UP_AFTER = timedelta(hours=24)
MOST_RETRY_AFTER_SECONDS = 3600.0
JITTER = 0.1


def wait_seconds(attempts: int, waits: Sequence[float], asked_seconds: float | None, jitter: float) -> float:
    """Seconds from the failure of attempt number ``attempts`` (the first is 1) to the next.

    ``waits`` come in turn and the last repeats, up to a tenth longer (``jitter`` is 0 to 1) so that rows that failed
    together do not return together. What the receiver asked for is honoured, up to an hour.
    """
    own = waits[min(attempts, len(waits)) - 1] * (1 + JITTER * jitter)
    return max(own, min(asked_seconds or 0.0, MOST_RETRY_AFTER_SECONDS))


def longest_wait_seconds(waits: Sequence[float]) -> float:
    """No wait that ``wait_seconds`` gives is longer."""
    return max(max(waits) * (1 + JITTER), MOST_RETRY_AFTER_SECONDS)


def is_over(attempts: int, waits: Sequence[float], created_at: datetime, now: datetime) -> bool:
    """Whether to give up: after a day, and not before every wait had its turn, as a gate may have held the row."""
    return attempts > len(waits) and now - created_at >= GIVE_UP_AFTER


def jitter() -> float:
    """A new number from 0 to 1."""
    return random.SystemRandom().random()
