"""The right to do a job now, held in the database: two beats or ten workers produce one effect.

After Gray and Cheriton, "Leases" (SOSP 1989), with the fencing number of Burrows' Chubby (OSDI 2006): a holder that was
frozen past its end finds its number overtaken when it commits.
"""

import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from monitoring import automatic
from monitoring.clock import database_now
from monitoring.models import Lease

log = logging.getLogger(__name__)
CLOCKS_AGREE_WITHIN = timedelta(seconds=5)


class LeaseLost(Exception):
    """Another holder took over while this one was away; what it prepared must not be written."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a holder has: ``fence`` is its number, ``last_finished_at`` when the work was last done whole."""

    name: str
    fence: int
    last_finished_at: datetime | None

    def renew(self, seconds: float) -> None:
        """Puts the end off to ``seconds`` from now. Raises LeaseLost when another holder took over."""
        until = database_now() + timedelta(seconds=seconds)
        if not Lease.objects.filter(pk=self.name, fence=self.fence).update(expires_at=until):
            raise LeaseLost(self.name)

    def confirm(self) -> None:
        """Raises LeaseLost unless this holder is still the latest. Call first in the transaction that writes."""
        if not Lease.objects.filter(pk=self.name, fence=self.fence).update(fence=F("fence")):
            raise LeaseLost(self.name)


def overtake(name: str) -> None:
    """Takes the lease from whoever holds it: what they prepared is out of date.

    Call in the transaction that made it so.
    """
    Lease.objects.filter(pk=name).update(fence=F("fence") + 1, expires_at=database_now(), free_at=database_now())


@contextmanager
def lease(name: str, seconds: float, gap_seconds: float = 0) -> Iterator[Held | None]:
    """Holds ``name`` for at most ``seconds``; None when another has it, or work began under ``gap_seconds`` ago.

    How long the work took, and the error that ended it, stand on the lease's row for health checks and people.
    """
    held = acquire(name, database_now(), seconds, gap_seconds)
    if held is None:
        yield None
        return
    began = time.monotonic()
    try:
        yield held
    except BaseException as error:  # whatever ended the work is noted, and goes on
        _release(held, began, f"{type(error).__name__}: {error}"[:2000])
        raise
    _release(held, began, "")


def acquire(name: str, now: datetime, seconds: float, gap_seconds: float = 0) -> Held | None:
    """One attempt to become the holder, by a conditional update whose row count decides.

    A lease that began in the future was taken before the clock was set back: nobody can wait for its end, and the
    fence keeps its holder, should it still be there, from writing.
    """
    holder = f"{os.getpid()}-{uuid.uuid4().hex}"
    over = Q(expires_at__lte=now, free_at__lte=now)
    clock_was_set_back = Q(started_at__gt=now + CLOCKS_AGREE_WITHIN)
    free = Lease.objects.filter(over | clock_was_set_back, pk=name)
    taken = {
        "holder": holder,
        "fence": F("fence") + 1,
        "started_at": now,
        "expires_at": now + timedelta(seconds=seconds),
        "free_at": now + timedelta(seconds=gap_seconds),
    }
    if not free.update(**taken):
        if Lease.objects.filter(pk=name).exists():
            return None
        Lease.objects.bulk_create([Lease(name=name, expires_at=now, free_at=now)], ignore_conflicts=True)
        if not free.update(**taken):
            return None
    mine = Lease.objects.filter(pk=name, holder=holder).values_list("fence", "finished_at").first()
    return None if mine is None else Held(name, *mine)


def _release(held: Held, began: float, error: str) -> None:
    now = database_now()
    seconds = time.monotonic() - began
    automatic.took("ahgd_ops_cycle_duration_seconds", "console", seconds, cycle=held.name)
    ended = {"expires_at": now, "duration_ms": seconds * 1000, "error": error}
    if not error:
        ended["finished_at"] = now
    if not Lease.objects.filter(pk=held.name, fence=held.fence).update(**ended):
        log.warning("The lease %s was taken over before its holder was done.", held.name)
