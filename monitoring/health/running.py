"""Runs checks side by side, each with a time limit of its own: one that hangs delays no other."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings

from monitoring.health.base import Check, configured
from monitoring.health.flights import launch
from monitoring.health.history import record
from monitoring.health.hosts import come_to, name_on
from monitoring.health.reasons import reason
from monitoring.health.status import Finding, Overall, Result
from monitoring.models import HealthCheckState, Status
from monitoring.schedule import interval_seconds

log = logging.getLogger(__name__)

MISSED_ROUNDS = 3  # a host that says nothing for longer is unknown


@dataclass(frozen=True, slots=True)
class _Run:
    future: "Future[Result]"
    began: float


class Runner:
    """Knows what is still running, so that a check that hangs is not started again while it does."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._lock = Lock()

    def run(self, checks: Sequence[Check], now: datetime) -> tuple[Result, ...]:
        """One result for each check, in their order, within the longest of their limits."""
        runs = [self._start(check, now) for check in checks]
        return tuple(_await(check, run, now) for check, run in zip(checks, runs, strict=True))

    def _start(self, check: Check, now: datetime) -> _Run:
        with self._lock:
            run = self._runs.get(check.name)
            if run is None or run.future.done():
                future = launch(f"health-{check.name}", lambda: examine(check, now))
                run = self._runs[check.name] = _Run(future, time.monotonic())
            return run


def examine(check: Check, now: datetime) -> Result:
    """Runs one check here and now; one that raises is unknown, with the reason."""
    began = time.monotonic()
    try:
        finding = check.find(now)
    except Exception as error:  # the edge: whatever a check raises, it is a result
        log.exception("The health check %s failed.", check.name)
        finding = Finding(Status.UNKNOWN, f"The check failed: {reason(error)}")
    return Result(check.name, finding, (time.monotonic() - began) * 1000, now)


def _await(check: Check, run: _Run, now: datetime) -> Result:
    limit_seconds = check.timeout.total_seconds()
    try:
        return run.future.result(max(0.0, run.began + limit_seconds - time.monotonic()))
    except TimeoutError:
        hanging_seconds = time.monotonic() - run.began
        finding = Finding(
            Status.UNKNOWN, f"timed out after {limit_seconds:g} s", {"hanging_seconds": round(hanging_seconds, 1)}
        )
        return Result(check.name, finding, hanging_seconds * 1000, now)


_runner = Runner()


def run_checks(now: datetime, include_slow_checks: bool = True) -> Overall:
    """Runs the configured checks now and keeps nothing."""
    checks = [check for check in configured() if include_slow_checks or not check.is_slow]
    return Overall(_runner.run(checks, now), now)


def run_and_record(now: datetime) -> Overall:
    """Runs the configured checks and records what they found, at the time when all of them were done.

    What this host found of itself is recorded as its own, and what all hosts come to as the check's.
    """
    began = time.monotonic()
    checks = configured()
    results = {result.name: result for result in _runner.run(checks, now)}
    done = now + timedelta(seconds=time.monotonic() - began)
    here = [check.name for check in checks if check.is_host_bound]
    record([results[name] for name in here], done, settings.INSTANCE)
    results |= {result.name: result for result in come_to(here, done, MISSED_ROUNDS * _every_seconds())}
    overall = Overall(tuple(results.values()), done)
    record(overall.results, done)
    return overall


def run_host_checks(now: datetime) -> None:
    """Runs and records what this host has to say of itself, unless it did so less than half an interval ago."""
    checks = [check for check in configured() if check.is_host_bound]
    names = [name_on(check.name, settings.INSTANCE) for check in checks]
    recently = now - timedelta(seconds=_every_seconds() / 2)
    if HealthCheckState.objects.filter(name__in=names, checked_at__gt=recently).count() < len(names):
        record(_runner.run(checks, now), now, settings.INSTANCE)


def _every_seconds() -> float:
    return interval_seconds("health", settings.CONFIG.health_check_interval_seconds)
