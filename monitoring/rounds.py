"""What each host looks at by itself: its metrics, and the health checks that are of a host.

A task of the schedule reaches one worker of all hosts. So every process would do it (``host_thread.py``); a lease for
each host lets one of them, until it ends. The intervals are those of the jobs ``collect`` and ``health``.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from monitoring.clock import database_now
from monitoring.collecting import CollectionFailed, collect
from monitoring.collectors import HOST_COLLECTORS
from monitoring.leases import HOST_LEASE, Held, LeaseLost, acquire
from monitoring.schedule import pace_seconds

LEASE_SECONDS = 30.0
TICK_SECONDS = 10.0  # the holder renews its lease this often, the others look whether it is free


@dataclass(frozen=True, slots=True)
class Round:
    """``every_seconds`` gives None while it is switched off; ``make`` does it, for whoever holds the host's lease."""

    every_seconds: Callable[[], float | None]
    make: Callable[[Held], None]


def _collect_every_seconds() -> float | None:
    if not settings.CONFIG.enable_performance_monitoring:
        return None
    return pace_seconds("collect", settings.CONFIG.collect_seconds)


def _collect(held: Held) -> None:
    collect(HOST_COLLECTORS, held, settings.INSTANCE)


def _check_every_seconds() -> float | None:
    """None as well in a program that only records: it has no checks."""
    if not getattr(settings, "HEALTH_CHECKS", ()) or not settings.CONFIG.enable_health_checks:
        return None
    return pace_seconds("health", settings.CONFIG.health_check_interval_seconds)


def _check(held: Held) -> None:
    from monitoring.health.running import run_host_checks  # needs django-health-check, which the plain library has not

    run_host_checks(database_now())


ROUNDS = (Round(_collect_every_seconds, _collect), Round(_check_every_seconds, _check))


@dataclass(slots=True)
class Host:
    """The rounds of this host as one process sees them; used by one thread."""

    rounds: Sequence[Round] = ROUNDS
    held: Held | None = None
    _made: dict[int, float] = field(default_factory=dict)  # monotonic, by the place of the round

    def turn(self) -> float:
        """Makes what is due, if this process is the one to; gives the seconds until it is to be called again."""
        now = time.monotonic()
        paces = {place: pace for place, each in enumerate(self.rounds) if (pace := each.every_seconds()) is not None}
        waits = {place: self._made.get(place, now - pace) + pace - now for place, pace in paces.items()}
        if paces and self._holds():
            for place in [place for place, wait in waits.items() if wait <= 0]:
                self._made[place] = now
                waits[place] = paces[place]
                self._make(self.rounds[place])
        soonest = min((wait for wait in waits.values() if wait > 0), default=TICK_SECONDS)
        return max(0.0, min(soonest, TICK_SECONDS) - (time.monotonic() - now))

    def _holds(self) -> bool:
        if self.held is not None:
            try:
                self.held.renew(LEASE_SECONDS)
            except LeaseLost:
                self.held = None
            else:
                return True
        self.held = acquire(f"{HOST_LEASE}{settings.INSTANCE}", database_now(), LEASE_SECONDS)
        return self.held is not None

    def _make(self, each: Round) -> None:
        """Whatever comes of it stands on the lease's row."""
        if self.held is None:
            return
        began = time.monotonic()
        try:
            each.make(self.held)
        except LeaseLost:
            self.held = None
        except CollectionFailed as failed:
            self.held.note(time.monotonic() - began, str(failed))
        else:
            self.held.note(time.monotonic() - began)

    def end(self) -> None:
        """Lets another process of this host go on at once."""
        held, self.held = self.held, None
        if held is not None:
            held.release()
