"""Reads the collectors side by side: one that fails or hangs stops no other, and says so on its row.

Each has a row a host, ``CollectorState``: people switch it off or give it an interval of its own there. What a
cumulative source said last stands there, too, so that whichever worker reads next knows the increase. The caller holds
a lease.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from monitoring.clock import to_ms
from monitoring.collectors.base import Collected, Collector, Reading, increases, sample_of
from monitoring.health.flights import launch
from monitoring.models import CollectorState
from monitoring.samples import Sample

log = logging.getLogger(__name__)

LIMIT_SECONDS = 5.0
_EARLY_SECONDS = 0.5  # a run a little early still counts
_WRITTEN = ("started_at", "finished_at", "duration_ms", "series", "error", "memory")


@dataclass(frozen=True, slots=True)
class Flight:
    """A collector that reads. ``began`` is monotonic."""

    future: "Future[tuple[list[Reading], float]]"
    began: float


class Collection:
    """The collectors of one process; knows which are still reading, so that one that hangs is not started again."""

    def __init__(self, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._flights: dict[str, Flight] = {}
        self._lock = Lock()

    def run(self, collectors: Sequence[Collector], now: datetime, instance: str) -> Collected:
        """Reads all that are due; what came of each is written on its row."""
        states = _states(collectors, instance)
        due = [collector for collector in collectors if is_due(states[collector.name], now)]
        flights = {collector.name: self._start(collector) for collector in due}
        samples: list[Sample] = []
        for name, flight in flights.items():
            samples += self._land(states[name], flight, now, instance)
        CollectorState.objects.bulk_update([states[name] for name in flights], _WRITTEN)
        errors = {name: states[name].error for name in flights if states[name].error}
        return Collected(samples, errors)

    def _start(self, collector: Collector) -> Flight:
        with self._lock:
            flight = self._flights.get(collector.name)
            if flight is None or flight.future.done():
                future = launch(f"collect-{collector.name}", lambda: _read(collector))
                flight = self._flights[collector.name] = Flight(future, time.monotonic())
            return flight

    def _land(self, state: CollectorState, flight: Flight, now: datetime, instance: str) -> list[Sample]:
        state.started_at = now
        try:
            readings, state.duration_ms = flight.future.result(
                max(0.0, flight.began + self._limit_seconds - time.monotonic())
            )
            found = [sample_of(reading, to_ms(now), instance) for reading in increases(readings, state.memory)]
        except TimeoutError:
            state.error = f"reads since {time.monotonic() - flight.began:.0f} s; it is not started again meanwhile"
            return []
        except Exception as error:  # the edge of the loop: whatever a source raises, its neighbours are read
            log.exception("The collector %s failed.", state.name)
            state.error = f"{type(error).__name__}: {error}"[:2000]
            return []
        state.finished_at, state.error, state.series = now, "", len(found)
        return found


def _read(collector: Collector) -> tuple[list[Reading], float]:
    """Its readings, and how many milliseconds they took."""
    began = time.monotonic()
    readings = list(collector.collect())
    return readings, (time.monotonic() - began) * 1000


def is_due(state: CollectorState, now: datetime) -> bool:
    if not state.enabled:
        return False
    return state.started_at is None or (now - state.started_at).total_seconds() >= state.every_seconds - _EARLY_SECONDS


def _states(collectors: Sequence[Collector], instance: str) -> dict[str, CollectorState]:
    """The rows by name, made where missing."""
    names = [collector.name for collector in collectors]
    rows = CollectorState.objects.filter(instance=instance, name__in=names)
    found = {row.name: row for row in rows}
    if len(found) < len(names):
        missing = [CollectorState(instance=instance, name=name) for name in names if name not in found]
        CollectorState.objects.bulk_create(missing, ignore_conflicts=True)
        found = {row.name: row for row in rows.all()}
    return found
