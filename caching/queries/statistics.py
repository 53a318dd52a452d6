"""What an optimizer's queries took, by their shape. Bounded: of many shapes those asked last are kept."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from threading import Lock

from caching.queries.shapes import Shape

MOST_SHAPES = 1_000
LAST_DURATIONS = 256


@dataclass(frozen=True, slots=True)
class QueryStatistics:
    """One shape of query. ``calls`` reached the database, ``cached`` did not; p95 is of the last 256 calls."""

    query: str
    text: str
    calls: int
    errors: int
    cached: int
    rows: int
    total_seconds: float
    slowest_seconds: float
    p95_seconds: float

    @property
    def mean_seconds(self) -> float:
        return self.total_seconds / self.calls if self.calls else 0.0


@dataclass(slots=True)
class _Tally:
    text: str
    calls: int = 0
    errors: int = 0
    cached: int = 0
    rows: int = 0
    total_seconds: float = 0.0
    slowest_seconds: float = 0.0
    last: deque[float] = field(default_factory=lambda: deque(maxlen=LAST_DURATIONS))


class Statistics:
    def __init__(self) -> None:
        self._tallies: OrderedDict[str, _Tally] = OrderedDict()
        self._lock = Lock()

    def executed(self, shape: Shape, seconds: float, rows: int, failed: bool) -> None:
        with self._lock:
            tally = self._of(shape)
            tally.calls += 1
            tally.errors += failed
            tally.rows += max(0, rows)
            tally.total_seconds += seconds
            tally.slowest_seconds = max(tally.slowest_seconds, seconds)
            tally.last.append(seconds)

    def cached(self, shape: Shape) -> None:
        with self._lock:
            self._of(shape).cached += 1

    def _of(self, shape: Shape) -> _Tally:
        tally = self._tallies.setdefault(shape.name, _Tally(shape.text))
        self._tallies.move_to_end(shape.name)
        while len(self._tallies) > MOST_SHAPES:
            self._tallies.popitem(last=False)
        return tally

    def all(self) -> tuple[QueryStatistics, ...]:
        """The one that took most time in all comes first."""
        with self._lock:
            found = [_statistics(name, tally) for name, tally in self._tallies.items()]
        return tuple(sorted(found, key=lambda one: one.total_seconds, reverse=True))


def _statistics(name: str, tally: _Tally) -> QueryStatistics:
    return QueryStatistics(
        name,
        tally.text,
        tally.calls,
        tally.errors,
        tally.cached,
        tally.rows,
        tally.total_seconds,
        tally.slowest_seconds,
        _p95(tally.last),
    )


def _p95(durations: "deque[float]") -> float:
    """The smallest of them that at least 95 % do not exceed."""
    ordered = sorted(durations)
    return ordered[max(0, -(-95 * len(ordered) // 100) - 1)] if ordered else 0.0
