"""Ranges of time as addresses carry them: ``?from=now-1h&to=now``, milliseconds since the epoch, or ISO 8601."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.clock import from_ms, to_ms

PRESETS = ("15m", "1h", "6h", "24h", "7d")
DEFAULT_FROM, DEFAULT_TO = "now-1h", "now"
SHORTEST = timedelta(seconds=10)
LONGEST = timedelta(days=400)
FURTHEST_AHEAD = timedelta(days=1)
"""Clocks of browsers may be wrong by hours; later than this there is nothing to show."""
_RELATIVE = re.compile(r"now(?:-(?P<count>\d{1,5})(?P<unit>[smhdw]))?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{1,15}", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class RangeRefused(ValueError):
    """The range cannot be used; the message says why and what is allowed."""


@dataclass(frozen=True, slots=True)
class Range:
    """From ``start`` to ``end`` (aware UTC), and the texts that asked for it."""

    start: datetime
    end: datetime
    from_text: str
    to_text: str

    @property
    def start_ms(self) -> int:
        return to_ms(self.start)

    @property
    def end_ms(self) -> int:
        return to_ms(self.end)

    @property
    def preset(self) -> str | None:
        """The preset that this is, such as 6h, or None for any other range."""
        length = self.from_text.removeprefix("now-")
        return length if self.to_text == "now" and length in PRESETS else None


def parse_range(from_text: str, to_text: str, now: datetime) -> Range:
    """The range between two times. Raises RangeRefused when one cannot be read, or they are no sensible range."""
    found = Range(_instant(from_text, now), _instant(to_text, now), from_text, to_text)
    length = found.end - found.start
    if length < SHORTEST:
        raise RangeRefused("The range has to begin at least 10 seconds before it ends.")
    if length > LONGEST:
        raise RangeRefused("The range is longer than 400 days.")
    if found.end > now + FURTHEST_AHEAD:
        raise RangeRefused("The range ends more than a day ahead.")
    return found


def default_range(now: datetime) -> Range:
    return parse_range(DEFAULT_FROM, DEFAULT_TO, now)


def _instant(text: str, now: datetime) -> datetime:
    try:
        return _relative(text, now) or _absolute(text)
    except (ValueError, OverflowError, OSError) as error:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        hint = "write now, now-6h, 2026-03-01T08:00 (UTC) or milliseconds since 1970"
        raise RangeRefused(f"{shown!r} is not a time: {hint}.") from error


def _relative(text: str, now: datetime) -> datetime | None:
    found = _RELATIVE.fullmatch(text)
    if found is None:
        return None
    return now if found["count"] is None else now - timedelta(**{_UNITS[found["unit"]]: int(found["count"])})


def _absolute(text: str) -> datetime:
    if _MILLISECONDS.fullmatch(text):
        return from_ms(int(text))
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
