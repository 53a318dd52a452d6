"""Queries that were slow, with the plan and the advice of the first time."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock

from caching.queries.plans import Plan
from caching.queries.shapes import Shape

MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class SlowQuery:
    """A shape of query, without values. ``plan`` is None when the database gives none for it."""

    query: str
    text: str
    count: int
    slowest_seconds: float
    plan: Plan | None


class SlowQueries:
    """Of many shapes those that were slow last are kept."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, SlowQuery] = OrderedDict()
        self._explained: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def is_first(self, shape: Shape) -> bool:
        """True once for each shape, for whoever explains it: what cannot be explained is not tried again."""
        with self._lock:
            is_first = shape.name not in self._explained
            self._explained[shape.name] = None
            while len(self._explained) > MOST_KEPT:
                self._explained.popitem(last=False)
            return is_first

    def add(self, shape: Shape, seconds: float, plan: Plan | None) -> SlowQuery:
        """Once more; a plan that was there stays."""
        with self._lock:
            before = self._found.get(shape.name) or SlowQuery(shape.name, shape.text, 0, 0.0, None)
            now = replace(
                before,
                count=before.count + 1,
                slowest_seconds=max(before.slowest_seconds, seconds),
                plan=before.plan or plan,
            )
            self._found[shape.name] = now
            self._found.move_to_end(shape.name)
            while len(self._found) > MOST_KEPT:
                self._found.popitem(last=False)
            return now

    def all(self) -> tuple[SlowQuery, ...]:
        with self._lock:
            return tuple(sorted(self._found.values(), key=lambda one: one.slowest_seconds, reverse=True))
