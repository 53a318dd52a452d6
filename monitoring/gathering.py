"""One series over the present interval: callers only append, the arithmetic is done when it is folded.

``list.append``, a slice and the deletion of a slice are one step each to other threads, so appending needs no lock and
loses nothing: what is appended between the slice and its deletion stands behind what is deleted. ``add`` stays the same
for the life of the process, so that a decorator looks a series up once.
"""

from math import inf

from monitoring.kinds import Kind
from monitoring.samples import Sample, SeriesKey
from monitoring.sketch import Sketch

ROOM = 512  # values that wait to be folded: 16 KiB a series at most


class Gathering:
    """``add(number)`` appends; the caller then calls the recorder's ``filled`` when ``len(values) > room``.

    ``room`` is -1 while nobody has yet been told that there is something to flush.
    """

    __slots__ = ("add", "count", "key", "last", "maximum", "minimum", "room", "sketch", "total", "values")

    def __init__(self, key: SeriesKey) -> None:
        self.key = key
        self.values: list[float] = []
        self.add = self.values.append
        self.room = -1
        self._begin()

    def _begin(self) -> None:
        self.last = self.total = 0.0
        self.count = 0
        self.minimum, self.maximum = inf, -inf
        self.sketch = Sketch() if self.key.kind == Kind.TIMING else None

    def fold(self) -> None:
        """Adds up what was appended. One thread at a time: the recorder holds its lock."""
        taken = self.values[:]
        if not taken:
            return
        del self.values[: len(taken)]
        self.last = taken[-1]
        self.count += len(taken)
        self.total += sum(taken)
        self.minimum = min(self.minimum, min(taken))
        self.maximum = max(self.maximum, max(taken))
        if self.sketch is not None:
            self.sketch.add(taken)

    def peek(self, at_ms: int) -> Sample | None:
        """The interval so far as a sample, None when nothing came. As ``fold``, under the recorder's lock."""
        self.fold()
        sketch = self.sketch and Sketch(self.sketch.counts.copy(), self.sketch.zeros)
        return self._sample(at_ms, sketch) if self.count else None

    def take(self, at_ms: int) -> Sample | None:
        """As ``peek``, and the next interval begins."""
        self.fold()
        if not self.count:
            return None
        sample = self._sample(at_ms, self.sketch)
        self._begin()
        return sample

    def _sample(self, at_ms: int, sketch: Sketch | None) -> Sample:
        value = {Kind.GAUGE: self.last, Kind.COUNTER: self.total}.get(self.key.kind, self.maximum)
        return Sample(self.key, at_ms, value, self.count, self.total, self.minimum, self.maximum, sketch)

    def forget(self) -> None:
        """In a child process: what was gathered here is the parent's."""
        self.values.clear()
        self.room = -1
        self._begin()
