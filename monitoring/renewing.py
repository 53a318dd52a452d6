"""A lease that is kept while long work goes on, by a thread that puts its end off again and again."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error as DatabaseError
from django.db import connections, transaction

from monitoring.leases import Held
from monitoring.models import Lease

log = logging.getLogger(__name__)


@contextmanager
def renewed(held: Held, seconds: float, longest_seconds: float) -> Iterator[None]:
    """Renews ``held`` to ``seconds`` from then, three times in each, while the block runs.

    It does so for ``longest_seconds``: work that hangs is taken over in the end, and the fence keeps it from writing.
    """
    over = threading.Event()
    ends = time.monotonic() + longest_seconds
    thread = threading.Thread(target=_renew, args=(held, seconds, ends, over), name="ahgd-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()  # before the lease ends, which a late renewal would revive


def _renew(held: Held, seconds: float, ends: float, over: threading.Event) -> None:
    try:
        while not over.wait(seconds / 3) and time.monotonic() < ends:
            _put_off(held, seconds)
    finally:
        connections.close_all()  # this thread's


def _put_off(held: Held, seconds: float) -> None:
    """Not while the row is locked: then its holder is writing what it did, or another one takes over."""
    try:
        with transaction.atomic():
            mine = Lease.objects.select_for_update(skip_locked=True).filter(pk=held.name, fence=held.fence)
            if list(mine.values_list("pk")):
                held.renew(seconds)
    except DatabaseError as error:
        log.warning("The lease %s was not renewed: %s", held.name, error)
