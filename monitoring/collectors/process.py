"""This process, measured by itself: named by role and slot, such as ``web-1``, never by pid."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import psutil

from monitoring.collectors.base import Reading, sample_of
from monitoring.samples import Sample


@dataclass(slots=True)
class ProcessSampler:
    """Asked at each flush of the recorder; answers once every ``every_seconds``."""

    process: str
    instance: str
    every_seconds: float
    _due_ms: int = field(default=0, init=False)

    def __call__(self, now_ms: int) -> Iterable[Sample]:
        if now_ms < self._due_ms:
            return []
        self._due_ms = now_ms + round(self.every_seconds * 1000) - 500  # a flush a little early still counts
        return [sample_of(reading, now_ms, self.instance) for reading in self._readings()]

    def _readings(self) -> list[Reading]:
        process = psutil.Process()
        tags = (("process", self.process),)
        with process.oneshot():
            return [
                Reading("process_resident_memory_bytes", process.memory_info().rss, tags),
                Reading("process_threads", process.num_threads(), tags),
            ]
