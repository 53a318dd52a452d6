"""The guide's door to recording: ``get_performance_monitor()`` and ``PerformanceMonitor``."""

from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

from monitoring.collectors.process import ProcessSampler
from monitoring.models import Kind
from monitoring.recorder import Recorder, get_recorder
from monitoring.samples import SeriesKey, sorted_tags


class PerformanceMonitor:
    """Records what an application measures about itself. Holds no state: the process's recorder does."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def add_custom_metric(
        self, name: str, value: float, category: str = "custom", tags: Mapping[str, object] | None = None
    ) -> None:
        """Records ``value`` for the series of ``name`` and ``tags``; several in one interval keep count and total.

        Never raises: a value that is no finite number is refused and counted.
        """
        key = SeriesKey(name, sorted_tags(tags or {}), Kind.GAUGE, category)
        self._recorder.record(key, value)

    def start_monitoring(self, process: str = "main") -> None:
        """Begins to measure this process (memory, threads) under the name ``process``, and to flush by itself."""
        sampler = ProcessSampler(process, settings.INSTANCE, settings.CONFIG.collect_seconds)
        self._recorder.set_sampler("process", sampler)
        self._recorder.start()

    def stop_monitoring(self) -> None:
        """Flushes and ends the flushing thread."""
        self._recorder.stop()

    def flush(self) -> int:
        """Stores what was recorded so far, now; gives the number of samples stored."""
        return self._recorder.flush()


@lru_cache(maxsize=1)
def get_performance_monitor() -> PerformanceMonitor:
    """The monitor of this process."""
    return PerformanceMonitor(get_recorder())
