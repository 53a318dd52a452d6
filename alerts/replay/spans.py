"""How far back a replay looks, as people write it."""

from datetime import timedelta
from typing import Final

from alerts.conditions.windows import duration_seconds

LONGEST: Final = timedelta(days=30)
SHORTEST: Final = timedelta(minutes=5)
USUAL: Final = ("24h", "7d", "30d")


class SpanRefused(ValueError):
    """What was written is no span that can be replayed."""


def span_of(text: str) -> timedelta:
    """Of ``30m``, ``24h`` or ``7d``. Raises SpanRefused, which says what is allowed."""
    seconds = duration_seconds(text.strip())
    if seconds is None or not SHORTEST <= timedelta(seconds=seconds) <= LONGEST:
        raise SpanRefused(f"{text[:20]!r} is no span from 5m to 30d; write for example 24h, 7d or 30d.")
    return timedelta(seconds=seconds)
