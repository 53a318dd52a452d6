"""Runs checks side by side, each with a time limit of its own: one that hangs delays no other."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from monitoring.health.base import Check, configured
from monitoring.health.flights import launch
from monitoring.health.history import record
from monitoring.health.reasons import reason
from monitoring.health.status import Finding, Overall, Result
from monitoring.models import Status

log = logging.getLogger(__name__)


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
    """Runs the configured checks and records what they found, at the time when all of them were done."""
    began = time.monotonic()
    overall = run_checks(now)
    done = now + timedelta(seconds=time.monotonic() - began)
    record(overall.results, done)
    return overall
