"""Uptime out of transitions: how long a check was up in a span of time, without what is excluded. All of it is pure.

Healthy and warning are up, critical is down, unknown counts as neither. The share is up / (up + down).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from monitoring.models import Status

_UP = (Status.HEALTHY, Status.WARNING)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start_ms`` to ``end_ms`` the status was the same."""

    start_ms: int
    end_ms: int
    status: Status

    @property
    def seconds(self) -> float:
        return (self.end_ms - self.start_ms) / 1000


@dataclass(frozen=True, slots=True)
class Uptime:
    """Seconds that count, and those that do not: ``excluded`` ones, and ones of which nothing is known."""

    up_seconds: float = 0.0
    down_seconds: float = 0.0
    warning_seconds: float = 0.0
    unknown_seconds: float = 0.0
    excluded_seconds: float = 0.0

    @property
    def share(self) -> float | None:
        """0 to 1; None while nothing counts."""
        counted = self.up_seconds + self.down_seconds
        return self.up_seconds / counted if counted else None


def stretches(transitions: Sequence[tuple[int, str]], start_ms: int, end_ms: int) -> Iterator[Stretch]:
    """``transitions`` are times and statuses in order; the last before ``start_ms`` gives the status at the start."""
    ended = [*transitions, (max(end_ms, start_ms), "")]
    for (at_ms, status), (next_ms, _) in pairwise(ended):
        begin, end = max(at_ms, start_ms), min(next_ms, end_ms)
        if begin < end:
            yield Stretch(begin, end, Status(status))


def joined(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same time as intervals that do not overlap, in order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def measure(some: Iterable[Stretch], excluded: Iterable[tuple[int, int]]) -> Uptime:
    """Adds the stretches up; ``excluded`` are times from and to."""
    gaps = joined(excluded)
    seconds = dict.fromkeys(Status, 0.0)
    left_out = 0.0
    for stretch in some:
        hidden = sum(_shared_seconds(stretch, gap) for gap in gaps)
        left_out += hidden
        seconds[stretch.status] += stretch.seconds - hidden
    return Uptime(
        up_seconds=sum(seconds[status] for status in _UP),
        down_seconds=seconds[Status.CRITICAL],
        warning_seconds=seconds[Status.WARNING],
        unknown_seconds=seconds[Status.UNKNOWN],
        excluded_seconds=left_out,
    )


def _shared_seconds(stretch: Stretch, gap: tuple[int, int]) -> float:
    return max(0, min(stretch.end_ms, gap[1]) - max(stretch.start_ms, gap[0])) / 1000
