"""The guide's door to recording: ``get_performance_monitor()``, ``PerformanceMonitor`` and ``track_performance``."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from monitoring.aside import aside
from monitoring.collectors.caching import CacheSampler
from monitoring.collectors.pace import Pace
from monitoring.collectors.process import ProcessSampler
from monitoring.host_thread import host_thread
from monitoring.kinds import Kind
from monitoring.process import get_recorder
from monitoring.recorder import Recorder
from monitoring.samples import SeriesKey, sorted_tags
from monitoring.standalone import Configuration, pushing, setup
from monitoring.tracking import timed


class PerformanceMonitor:
    """Records what an application measures about itself. The process's recorder does the work, from its first sample.

    Nothing here raises into the caller: a value that is no finite number is refused and counted.
    """

    def __init__(self, recorder: Recorder | None = None) -> None:
        self._own = recorder

    @property
    def _recorder(self) -> Recorder:
        return self._own or get_recorder()

    def add_custom_metric(
        self, name: str, value: float, category: str = "custom", tags: Mapping[str, object] | None = None
    ) -> None:
        """Records ``value`` for the series of ``name`` and ``tags``; several in one interval keep count and total."""
        self._recorder.record(SeriesKey(name, sorted_tags(tags or {}), Kind.GAUGE, category), value)

    def count(
        self, name: str, increase: float = 1, category: str = "custom", tags: Mapping[str, object] | None = None
    ) -> None:
        """Adds to a counter; by convention its name ends in ``_total``."""
        self._recorder.record(SeriesKey(name, sorted_tags(tags or {}), Kind.COUNTER, category), increase)

    def track_function_performance(self, name: str) -> timed:
        """Decorator or context manager: ``function_duration_seconds`` and ``function_errors_total`` of ``name``."""
        return timed(
            "function_duration_seconds", {"function": name}, errors="function_errors_total", recorder=self._own
        )

    def track_page_load(self, page: str) -> timed:
        """Context manager or decorator: ``page_load_duration_seconds`` of ``page``."""
        return timed("page_load_duration_seconds", {"page": page}, errors="page_errors_total", recorder=self._own)

    def track_database_query(self, query: str) -> timed:
        """Context manager or decorator: ``db_query_duration_seconds`` of ``query``, a name and not its text."""
        return timed(
            "db_query_duration_seconds",
            {"query": query},
            errors="db_query_errors_total",
            category="database",
            recorder=self._own,
        )

    def track_user_interaction(self, interaction: str, component: str = "") -> None:
        """Counts one ``user_interactions_total`` of a kind, such as ``click``, with a component of the page."""
        self.count("user_interactions_total", 1, "user", {"interaction": interaction, "component": component})

    def get_performance_summary(self, hours: float = 1) -> dict[str, Any]:
        """What was recorded in the last ``hours``, by all processes; what this one has not flushed is in it.

        Keys are in ``monitoring/summary.py``. A process that pushes knows only what the console has not taken yet.
        Raises what the database raises.
        """
        from monitoring.summary import summarise

        has_saved = pushing() is None
        now = datetime.now(UTC)
        return aside(lambda: summarise(self._recorder.unsaved, now - timedelta(hours=hours), now, has_saved))

    def start_monitoring(self, process: str = "main") -> None:
        """Begins to measure this process under the name ``process``, to flush by itself, and to look after the host.

        Of the processes of a host one measures it (CPU, memory, disks); the others stand by. One that pushes has no
        database to agree with them, so it leaves the host alone. While monitoring is
        switched off neither is measured: of the host the checks are left, where there are some.
        """
        config = setup()
        if config.enable_performance_monitoring:
            self._measure_process(process, config)
        if self._own is None and pushing() is None:
            host_thread.start()

    def _measure_process(self, process: str, config: Configuration) -> None:
        self._recorder.set_sampler("process", ProcessSampler(process, config.instance, Pace(config.collect_seconds)))
        self._recorder.set_sampler("cache", CacheSampler(process, config.instance, Pace(config.collect_seconds)))
        self._recorder.start()

    def stop_monitoring(self) -> None:
        """Ends the threads, after a last flush."""
        if self._own is None:
            host_thread.stop()
        self._recorder.stop()

    def flush(self) -> int:
        """Stores what was recorded so far, now; gives the number of samples stored."""
        return self._recorder.flush()


@lru_cache(maxsize=1)
def get_performance_monitor() -> PerformanceMonitor:
    """The monitor of this process."""
    return PerformanceMonitor()


def track_performance(name: str) -> timed:
    """``get_performance_monitor().track_function_performance(name)``, as a decorator of its own."""
    return get_performance_monitor().track_function_performance(name)
