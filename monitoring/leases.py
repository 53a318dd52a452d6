"""The right to do a job now, held in the database: two beats or ten workers produce one effect.

After Gray and Cheriton, "Leases" (SOSP 1989), with the fencing number of Burrows' Chubby (OSDI 2006): a holder that was
frozen past its end finds its number overtaken when it commits.
"""

import logging
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from monitoring import automatic
from monitoring.clock import database_now
from monitoring.health.reasons import without_secrets
from monitoring.models import Lease

log = logging.getLogger(__name__)
CLOCKS_AGREE_WITHIN = timedelta(seconds=5)
_LONGEST_ERROR = 2000


class LeaseLost(Exception):
    """Another holder took over while this one was away; what it prepared must not be written."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a holder has: ``fence`` is its number, ``last_finished_at`` when the work was last done whole."""

    name: str
    fence: int
    last_finished_at: datetime | None

    def renew(self, seconds: float) -> None:
        """Puts the end off to ``seconds`` from now. Raises LeaseLost when another holder took over.

        It begins anew, too: by a beginning in the future others know that the clock was set back (see ``acquire``).
        """
        now = database_now()
        renewed = {"started_at": now, "expires_at": now + timedelta(seconds=seconds)}
        if not Lease.objects.filter(pk=self.name, fence=self.fence).update(**renewed):
            raise LeaseLost(self.name)

    def note(self, seconds: float, error: str = "") -> None:
        """Writes on the row how long the work took, and the error that ended it; the lease goes on."""
        self._write(_outcome(self.name, seconds, error, database_now()))

    def release(self) -> None:
        """Lets others have it."""
        self._write({"expires_at": database_now()})

    def end(self, seconds: float, error: str = "") -> None:
        """Both at once."""
        now = database_now()
        self._write({**_outcome(self.name, seconds, error, now), "expires_at": now})

    def _write(self, fields: Mapping[str, object]) -> None:
        if not Lease.objects.filter(pk=self.name, fence=self.fence).update(**fields):
            log.warning("The lease %s was taken over before its holder was done.", self.name)

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
        held.end(time.monotonic() - began, f"{type(error).__name__}: {error}")
        raise
    held.end(time.monotonic() - began)


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


def _outcome(name: str, seconds: float, error: str, now: datetime) -> dict[str, object]:
    """What the row is to say; of a host's lease, ``host-collect:<instance>``, the timing is that of all hosts."""
    automatic.took("ahgd_ops_cycle_duration_seconds", "console", seconds, cycle=name.partition(":")[0])
    outcome: dict[str, object] = {"duration_ms": seconds * 1000, "error": without_secrets(error)[:_LONGEST_ERROR]}
    return outcome if error else {**outcome, "finished_at": now}
