"""What a flush adds to a series' sums since the beginning, from which /metrics goes on across restarts."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitoring.kinds import Kind
from monitoring.samples import Sample
from monitoring.sketch import Sketch, sketch_of

HISTOGRAM_SCALE = 0  # bounds are powers of two


@dataclass(slots=True)
class Totals:
    """The newest value of a series, and the sums of all its samples in one flush."""

    value: float = 0.0
    at_ms: int = -1
    count: int = 0
    total: float = 0.0
    histogram: Sketch | None = None  # of timings

    def add(self, sample: Sample) -> None:
        if sample.at_ms >= self.at_ms:
            self.value, self.at_ms = sample.value, sample.at_ms
        self.count += 1 if sample.count is None else sample.count
        self.total += sample.value if sample.total is None else sample.total
        if sample.key.kind == Kind.TIMING:
            self.histogram = self.histogram or Sketch(scale=HISTOGRAM_SCALE)
            self.histogram.merge(sample.sketch or sketch_of([sample.value]))  # a collector's is a single duration


def histogram_after(before: bytes | memoryview | None, added: Sketch) -> bytes:
    """A series' histogram since the beginning, with what a flush adds."""
    if before is not None:
        added.merge(Sketch.decode(bytes(before)))
    return added.encode()


def gather(samples: Iterable[tuple[int, Sample]]) -> dict[int, Totals]:
    """Totals by the id of the series."""
    found: dict[int, Totals] = {}
    for series_id, sample in samples:
        totals = found.get(series_id)
        if totals is None:
            totals = found[series_id] = Totals()
        totals.add(sample)
    return found
