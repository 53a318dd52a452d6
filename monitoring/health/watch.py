"""The state as it is now: what was recorded, and what a record cannot say; one look serves many readers."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.conf import settings
from django.db import Error
from django.utils import timezone

from monitoring.health.base import Check, configured
from monitoring.health.checks import Database, Migrations
from monitoring.health.flights import launch
from monitoring.health.history import recorded
from monitoring.health.reasons import reason
from monitoring.health.running import examine
from monitoring.health.schedule import fresh_seconds, round_seconds
from monitoring.health.status import Finding, Overall, Result
from monitoring.health.watched import entered
from monitoring.models import Status

log = logging.getLogger(__name__)

MEMO_SECONDS = 1.0
PATIENCE_SECONDS = 1.5
SERVED_SECONDS = 3.0
GIVEN_UP_SECONDS = 15.0
KNOWN_SECONDS = 30.0
MOST_LOOKS = 4


def current(now: datetime) -> Overall:
    """Looks at the database and its migrations first; while one of them blocks, nothing else can be known."""
    checks = configured() if settings.CONFIG.enable_health_checks else ()
    own = {check.name: check for check in checks}
    gates = [own.pop("database", Database()), own.pop("migrations", Migrations())]
    results: list[Result] = []
    for gate in gates:
        results.append(examine(gate, now))
        if results[-1].finding.blocks_readiness:
            hidden = [*gates[len(results) :], *own.values()]
            return Overall((*results, *(_unknown(check, gate) for check in hidden)), now)
    watched = entered() if settings.CONFIG.enable_health_checks else ()
    return Overall((*results, *_the_rest([*own.values(), *watched], now)), now)


def _unknown(check: Check, gate: Check) -> Result:
    return Result(check.name, Finding(Status.UNKNOWN, f"Cannot be known: {gate.name}"), 0, None)


def _the_rest(checks: Sequence[Check], now: datetime) -> list[Result]:
    every_seconds = round_seconds()
    fresh = {check.name: fresh_seconds(check, every_seconds) for check in checks if not check.is_judged_when_read}
    kept = recorded(fresh, now)
    return [kept[check.name] if check.name in kept else examine(check, now) for check in checks]


@dataclass(frozen=True, slots=True)
class _Look:
    overall: Overall
    landed: float


class Watch:
    """Looks when it is asked, at most once a second, on a thread that may hang; after 15 s another begins beside it.

    Who asks meanwhile is told what was seen up to 3 s ago; else within 1.5 s, at once when an earlier look hangs, that
    the database gave no answer. At most 4 looks are under way, so that threads do not gather.
    """

    def __init__(self, look: Callable[[datetime], Overall] = current) -> None:
        self._look = look
        self._lock = Lock()
        self._flight: Future[_Look] | None = None
        self._given_up: list[Future[_Look]] = []
        self._began = 0.0
        self._last: _Look | None = None

    def read(self) -> Overall:
        last = self._last
        if last is not None and time.monotonic() - last.landed < MEMO_SECONDS:
            return last.overall  # without the lock, for which many readers would queue
        flight, began = self._fly()
        last = self._last
        if last is not None and _is_served(last):
            return last.overall  # while the next look is under way nobody has to wait for it
        try:
            return flight.result(max(0.0, began + PATIENCE_SECONDS - time.monotonic())).overall
        except TimeoutError:
            text = f"No answer in {time.monotonic() - began:.1f} s"
            return _alone("database", Finding(Status.CRITICAL, text, blocks_readiness=True), timezone.now())

    def look_again(self) -> None:
        """Begins a look unless one is under way or just landed; waits for nothing."""
        self._fly()

    def is_known_to_be_away(self) -> bool:
        """Whether the database gives no answer, by a look that landed lately or has been waiting. Waits for nothing.

        While it is so, each call sees to it that somebody looks again.
        """
        flight, last, now = self._flight, self._last, time.monotonic()
        is_answered = last is not None and _is_served(last)  # as read() would be, whatever the next look waits for
        waits = not is_answered and flight is not None and not flight.done() and now - self._began > PATIENCE_SECONDS
        was_away = last is not None and now - last.landed < KNOWN_SECONDS and "database" in last.overall.blocked_by
        if waits or was_away:
            self._fly()
        return waits or was_away

    def _fly(self) -> "tuple[Future[_Look], float]":
        with self._lock:
            if self._flight is None or self._is_old(self._flight) or self._is_given_up(self._flight):
                self._began = time.monotonic()
                self._flight = launch("health-watch", self._once)
            return self._flight, self._began

    def _is_given_up(self, flight: "Future[_Look]") -> bool:
        """Whether to look anew beside a look that hangs, as one does whose connection has lost its other end."""
        if flight.done() or time.monotonic() - self._began < GIVEN_UP_SECONDS:
            return False
        self._given_up = [other for other in self._given_up if not other.done()]
        if len(self._given_up) >= MOST_LOOKS - 1:
            return False
        self._given_up.append(flight)
        return True

    @staticmethod
    def _is_old(flight: "Future[_Look]") -> bool:
        if not flight.done():
            return False
        return flight.exception() is not None or time.monotonic() - flight.result().landed > MEMO_SECONDS

    def _once(self) -> _Look:
        now = timezone.now()
        try:
            overall = self._look(now)
        except Error as error:  # it went away between two reads
            finding = Finding(Status.CRITICAL, f"Unreachable: {reason(error)}", blocks_readiness=True)
            overall = _alone("database", finding, now)
        except Exception as error:  # the edge: a probe is answered whatever is wrong, such as a setting
            log.exception("The state of health cannot be read.")
            overall = _alone("health", Finding(Status.CRITICAL, f"Cannot be read: {reason(error)}"), now)
        self._last = _Look(overall, time.monotonic())
        return self._last


def _is_served(look: _Look) -> bool:
    return time.monotonic() - look.landed < SERVED_SECONDS


def _alone(name: str, finding: Finding, now: datetime) -> Overall:
    return Overall((Result(name, finding, 0, now),), now)


_watch = Watch()


def glance() -> Overall:
    """The state of health, at most 3 s old, within 1.5 s, whatever the database does."""
    return _watch.read()


def is_known_to_be_away() -> bool:
    """Whether the database is known to give no answer, so that nobody has to wait for it in vain."""
    return _watch.is_known_to_be_away()


def look_again() -> None:
    """For who has just seen the database fail."""
    _watch.look_again()
