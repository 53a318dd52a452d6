"""What each host looks at by itself: its metrics, and the health checks that are of a host.

A task of the schedule reaches one worker of all hosts. So every process would do it (``host_thread.py``); a lease for
each host and round lets one of them, until it ends. The intervals are those of the jobs ``collect`` and ``health``.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

from django.conf import settings

from monitoring.clock import database_now
from monitoring.collecting import Collecting, CollectionFailed
from monitoring.collectors import HOST_COLLECTORS
from monitoring.health.reasons import reason
from monitoring.host_leases import COLLECT, HEALTH, lease_name
from monitoring.leases import Held, LeaseLost, acquire
from monitoring.schedule import pace_seconds

log = logging.getLogger(__name__)

_TICKS_A_LEASE = 3  # the holder renews its lease this often, the others look as often whether it is free
_SHORTEST_SECONDS = 0.1  # between two turns, even when people schedule by the microsecond


@dataclass(frozen=True, slots=True)
class Round:
    """``every_seconds`` gives None while it is switched off; ``make`` does it, for who holds the lease of ``job``."""

    job: str
    every_seconds: Callable[[], float | None]
    make: Callable[[Collecting, Held], None]


def _collect_every_seconds() -> float | None:
    if not settings.CONFIG.enable_performance_monitoring:
        return None
    return pace_seconds(COLLECT, settings.CONFIG.collect_seconds)


def _collect(collecting: Collecting, held: Held) -> None:
    collecting.collect(HOST_COLLECTORS, held, settings.INSTANCE)


def _check_every_seconds() -> float | None:
    """None as well in a program that only records: it has no checks."""
    if not getattr(settings, "HEALTH_CHECKS", ()) or not settings.CONFIG.enable_health_checks:
        return None
    return pace_seconds(HEALTH, settings.CONFIG.health_check_interval_seconds)


def _check(collecting: Collecting, held: Held) -> None:
    from monitoring.health.running import run_host_checks  # needs django-health-check, which the plain library has not

    run_host_checks(database_now(), held)


ROUNDS = (Round(COLLECT, _collect_every_seconds, _collect), Round(HEALTH, _check_every_seconds, _check))


@dataclass(slots=True)
class Host:
    """The rounds of this host as one process sees them; used by one thread."""

    rounds: Sequence[Round] = ROUNDS
    collecting: Collecting = field(default_factory=Collecting)
    held: dict[str, Held] = field(default_factory=dict)  # by job, as what follows
    _made: dict[str, float] = field(default_factory=dict)  # monotonic

    def turn(self) -> float:
        """Makes what is due and this process's to make; gives the seconds until it is to be called again."""
        began = time.monotonic()
        waits = [self._attend(each, began) for each in self.rounds]
        return max(_SHORTEST_SECONDS, min((_tick_seconds(), *waits)) - (time.monotonic() - began))

    def _attend(self, each: Round, now: float) -> float:
        """The seconds until the round is due again, as far as it is for this process to know."""
        every_seconds = each.every_seconds()
        if every_seconds is None or not self._holds(each.job):
            return inf
        wait = self._made.get(each.job, -inf) + every_seconds - now
        if wait > 0:
            return wait
        self._made[each.job] = now
        self._make(each, self.held[each.job])
        return every_seconds

    def _holds(self, job: str) -> bool:
        seconds = settings.CONFIG.host_lease_seconds
        if job in self.held:
            try:
                self.held[job].renew(seconds)
            except LeaseLost:
                del self.held[job]
            else:
                return True
        held = acquire(lease_name(job, settings.INSTANCE), database_now(), seconds)
        if held is not None:
            self.held[job] = held
        return held is not None

    def _make(self, each: Round, held: Held) -> None:
        """Whatever comes of it stands on the lease's row. Raises what the database does when that cannot be written."""
        began = time.monotonic()
        error = ""
        try:
            each.make(self.collecting, held)
        except LeaseLost:
            del self.held[each.job]
            return
        except CollectionFailed as failed:
            error = str(failed)
        except Exception as unforeseen:  # the edge of the loop: the host's other round is made all the same
            log.exception("The round %s of this host failed.", each.job)
            error = reason(unforeseen)
        held.note(time.monotonic() - began, error)

    def end(self) -> None:
        """Lets another process of this host go on at once."""
        while self.held:
            _, held = self.held.popitem()
            held.release()


def _tick_seconds() -> float:
    seconds: float = settings.CONFIG.host_lease_seconds
    return seconds / _TICKS_A_LEASE
