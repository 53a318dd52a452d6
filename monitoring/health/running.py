"""Runs checks side by side, each with a time limit of its own: one that hangs delays no other."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings
from django.db import Error, transaction

from monitoring.health.base import Check, configured
from monitoring.health.flights import launch
from monitoring.health.gone import retire_gone
from monitoring.health.history import record
from monitoring.health.hosts import name_on, results_of_hosts
from monitoring.health.reasons import reason
from monitoring.health.schedule import are_due, round_seconds, silence_seconds
from monitoring.health.status import Finding, Overall, Result
from monitoring.health.storable import storable
from monitoring.health.watched import entered
from monitoring.host_leases import HEALTH, lease_name
from monitoring.leases import CLOCKS_AGREE_WITHIN, Held, LeaseLost, lease
from monitoring.models import HealthCheckState, Status
from monitoring.schedule import limit_seconds

log = logging.getLogger(__name__)

QUICK_SECONDS = 1.0  # what is found by then is recorded, whatever others take
BY_HAND_SECONDS = 15.0
PATIENCE_SECONDS = 6.0  # of one round: what has a longer limit is recorded by the round after it is done


@dataclass(slots=True)
class _Run:
    check: Check
    future: "Future[Result]"
    began: float
    is_read: bool = False


class Runner:
    """Knows what is still running, so that a check that hangs is not started again while it does.

    The schedule ``keeps_unread`` results: what was found after one of its rounds is what the next one records. Who asks
    for the present is told of no run that was over before, or of a check that was edited meanwhile.
    """

    def __init__(self, *, keeps_unread: bool = True) -> None:
        self._keeps_unread = keeps_unread
        self._runs: dict[str, _Run] = {}
        self._lock = Lock()

    def run(self, checks: Sequence[Check], now: datetime, patience_seconds: float = float("inf")) -> tuple[Result, ...]:
        """Results in the order of the checks, within the longest of their limits.

        With patience for less, one that is within its limit yet has none: it is left for the next call.
        """
        ends = time.monotonic() + patience_seconds
        runs = [None if check.runs_here else self._start(check, now) for check in checks]
        found = (
            examine(check, now) if run is None else _await(check, run, now, ends)
            for check, run in zip(checks, runs, strict=True)
        )
        return tuple(result for result in found if result is not None)

    def holds(self, name: str) -> bool:
        """Whether a run of this check has not been read yet."""
        run = self._runs.get(name)
        return run is not None and not run.is_read

    def _start(self, check: Check, now: datetime) -> _Run:
        with self._lock:
            run = self._runs.get(check.name)
            if run is None or not self._is_to_be_read(run, check):
                future = launch(f"health-{check.name}", lambda: examine(check, now))
                run = self._runs[check.name] = _Run(check, future, time.monotonic())
            return run

    def _is_to_be_read(self, run: _Run, check: Check) -> bool:
        if self._keeps_unread:
            return not (run.is_read and run.future.done())
        return not run.future.done() and run.check == check


def examine(check: Check, now: datetime) -> Result:
    """Runs one check here and now; one that raises is unknown, with the reason."""
    began = time.monotonic()
    try:
        finding = storable(check.find(now))
    except Exception as error:  # the edge: whatever a check raises, it is a result
        log.exception("The health check %s failed.", check.name)
        finding = storable(Finding(Status.UNKNOWN, f"The check failed: {reason(error)}"))
    return Result(check.name, finding, (time.monotonic() - began) * 1000, now)


def _await(check: Check, run: _Run, now: datetime, ends: float) -> Result | None:
    limit_seconds = check.timeout.total_seconds()
    try:
        result = run.future.result(max(0.0, min(run.began + limit_seconds, ends) - time.monotonic()))
    except TimeoutError:
        hanging_seconds = time.monotonic() - run.began
        if hanging_seconds < limit_seconds:
            return None
        finding = Finding(
            Status.UNKNOWN, f"timed out after {limit_seconds:g} s", {"hanging_seconds": round(hanging_seconds, 1)}
        )
        result = Result(check.name, finding, hanging_seconds * 1000, now)
    run.is_read = True
    return result


_runner = Runner()
_live = Runner(keeps_unread=False)
_by_hand = Runner(keeps_unread=False)


def every_check() -> tuple[Check, ...]:
    """Those of the settings, and those that people entered, as far as the database can tell."""
    try:
        return (*configured(), *entered())
    except Error:  # the check of the database says so
        return configured()


def run_checks(now: datetime, include_slow_checks: bool = True) -> Overall:
    """Runs every check now and keeps nothing."""
    checks = [check for check in every_check() if include_slow_checks or not check.is_slow]
    return Overall(_live.run(checks, now), now)


def run_live(now: datetime) -> list[tuple[Check, Result]]:
    """Runs every check for who waits for it: what takes longer than a round is unknown, and still running."""
    checks = every_check()
    found = {result.name: result for result in _live.run(checks, now, PATIENCE_SECONDS)}
    running = Finding(Status.UNKNOWN, f"Still running after {PATIENCE_SECONDS:g} s")
    return [
        (check, found.get(check.name, Result(check.name, running, PATIENCE_SECONDS * 1000, now))) for check in checks
    ]


def run_by_hand(checks: Sequence[Check], now: datetime) -> dict[str, Result]:
    """Runs checks now and keeps nothing; gives results by name, without those that take longer than a person waits."""
    return {result.name: result for result in _by_hand.run(checks, now, BY_HAND_SECONDS)}


def run_and_record(now: datetime) -> Overall:
    """Runs the checks that are due and records what they find: what is quick at once, the rest when it is there.

    What is of a host is left to the process that looks after this one, and done here only while there is none. What all
    hosts come to is recorded as the check's.
    """
    began = time.monotonic()
    due = are_due(every_check(), now, _runner.holds)
    with lease(lease_name(HEALTH, settings.INSTANCE), settings.CONFIG.host_lease_seconds) as held:
        waiting = [check for check in due if held is not None or not check.is_host_bound]
        together = [check.name for check in due if check not in waiting]
        results = list(_record_together(together, now))
        for patience_seconds in (QUICK_SECONDS, PATIENCE_SECONDS):
            found = _runner.run(waiting, now, patience_seconds)
            done = now + timedelta(seconds=time.monotonic() - began)
            results += _keep(found, waiting, done, held)
            names = {result.name for result in found}
            retire_gone({*names, *together}, done)
            waiting = [check for check in waiting if check.name not in names]
    return Overall(tuple(results), now)


def run_host_checks(now: datetime, held: Held) -> None:
    """Runs and records what this host has to say of itself, unless it did so less than half an interval ago.

    What was said in the future was said before the clock was set back, and counts for nothing. Raises LeaseLost,
    recording nothing, when somebody else looks after the host by now.
    """
    checks = [check for check in configured() if check.is_host_bound]
    names = [name_on(check.name, settings.INSTANCE) for check in checks]
    recently = (now - timedelta(seconds=round_seconds() / 2), now + CLOCKS_AGREE_WITHIN)
    if HealthCheckState.objects.filter(name__in=names, checked_at__range=recently).count() < len(names):
        _record_here(_runner.run(checks, now), checks, now, held)


def _keep(found: Sequence[Result], checks: Sequence[Check], done: datetime, held: Held | None) -> Sequence[Result]:
    """Records what was found, and gives what the checks come to on all hosts."""
    bound = {check.name for check in checks if check.is_host_bound}
    here = [result for result in found if result.name in bound]
    if here and held is not None:
        try:
            _record_here(here, checks, done, held)
        except LeaseLost:
            log.info("Another process looks after this host by now, and says what is the matter with it.")
    others = [result for result in found if result.name not in bound]
    if others:
        record(others, done, silences=_silences(checks))
    return [*others, *_record_together([result.name for result in here], done)]


def _record_here(found: Sequence[Result], checks: Sequence[Check], now: datetime, held: Held) -> None:
    with transaction.atomic():
        held.confirm()
        record(found, now, settings.INSTANCE, silences=_silences(checks))


def _record_together(names: Sequence[str], now: datetime) -> Sequence[Result]:
    """Records, and gives, what these checks come to on all hosts."""
    if not names:
        return ()
    checks = [check for check in configured() if check.name in names]
    results = results_of_hosts(names, now, limit_seconds(round_seconds()))
    record(results, now, silences=_silences(checks))
    return results


def _silences(checks: Sequence[Check]) -> dict[str, float]:
    every_seconds = round_seconds()
    return {check.name: silence_seconds(check, every_seconds) for check in checks}
