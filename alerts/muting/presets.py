"""How long a silence may last at one tap. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    words: str
    end: Callable[[datetime, ZoneInfo], datetime]
    """From now and the zone of who asks."""


def _after(length: timedelta) -> Callable[[datetime, ZoneInfo], datetime]:
    return lambda now, zone: now + length


def _tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    """Eight in the morning of the next day."""
    next_day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(next_day, time(8), zone).astimezone(now.tzinfo)


PRESETS = (
    Preset("15m", "15 min", _after(timedelta(minutes=15))),
    Preset("1h", "1 h", _after(timedelta(hours=1))),
    Preset("4h", "4 h", _after(timedelta(hours=4))),
    Preset("tomorrow", "Until tomorrow 08:00", _tomorrow),
)
BY_NAME = {preset.name: preset for preset in PRESETS}
