"""When a maintenance window takes place: local times made into instants, right across changes of the clocks. Pure.

A window begins when the clock of its zone shows its start, and lasts so many minutes that pass. A start that does not
exist, since the clocks are put forward over it, is taken as much later as they are put forward; of one that exists
twice the first is taken (the rules of RFC 5545, section 3.3.5, and of PEP 495 with ``fold=0``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """From ``start`` until just before ``end``, both aware UTC."""

    start: datetime
    end: datetime

    def holds(self, now: datetime) -> bool:
        return self.start <= now < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``weekdays`` are 0 (Monday) to 6; without any the window takes place once, on ``starts_on``."""

    zone: ZoneInfo
    starts_on: date
    starts_at: time
    duration: timedelta
    weekdays: frozenset[int] = frozenset()
    ends_on: date | None = None

    def on(self, day: date) -> Occurrence:
        start = instant(datetime.combine(day, self.starts_at), self.zone)
        return Occurrence(start, start + self.duration)

    def takes_place_on(self, day: date) -> bool:
        if not self.weekdays:
            return day == self.starts_on
        is_over = self.ends_on is not None and day > self.ends_on
        return day >= self.starts_on and not is_over and day.weekday() in self.weekdays

    def between(self, start: datetime, end: datetime) -> Iterator[Occurrence]:
        """Those that overlap the time from ``start`` to ``end``, in order."""
        day = max(self.starts_on, start.astimezone(self.zone).date() - self.duration - 2 * DAY)
        last = end.astimezone(self.zone).date() + DAY
        if not self.weekdays:
            last = min(last, self.starts_on)
        while day <= last:
            if self.takes_place_on(day):
                occurrence = self.on(day)
                if occurrence.start < end and occurrence.end > start:
                    yield occurrence
            day += DAY

    def current(self, now: datetime) -> Occurrence | None:
        """The one that goes on at ``now``; of several that overlap, the one that ends last."""
        going = [one for one in self.between(now, now + timedelta(microseconds=1)) if one.holds(now)]
        return max(going, key=lambda one: one.end, default=None)

    def next(self, now: datetime) -> Occurrence | None:
        """The first that begins after ``now``; None also where the calendar ends before it does."""
        try:
            is_begun = self.starts_on <= now.astimezone(self.zone).date()
            start = now if is_begun else max(now, self.on(self.starts_on).start - DAY)
            coming = self.between(start, start + 9 * DAY)
            return next((one for one in coming if one.start > now), None)
        except OverflowError:
            return None


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which clocks in ``zone`` show ``local``, a naive time."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
