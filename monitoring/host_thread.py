"""The thread of a process that looks after its host, when no other process of the host does (``rounds.py``)."""

import logging
import os
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connections

from monitoring.daemon import Daemon, Life
from monitoring.quiet import be_quiet

log = logging.getLogger(__name__)

RETRY_SECONDS = 10.0


class HostThread(Daemon):
    """Not begun anew by a fork: a program that forks starts monitoring where it wants it."""

    def __init__(self) -> None:
        super().__init__("ahgd-host", _look_after_host)
        self._is_known_to_forks = False

    def start(self) -> None:
        if not self._is_known_to_forks:
            os.register_at_fork(after_in_child=self.after_fork)
            self._is_known_to_forks = True
        super().start()


def _look_after_host(life: Life) -> None:
    from monitoring.rounds import Host  # its models can be loaded only once Django is set up

    be_quiet()
    host = Host()
    while not life.is_ending:
        life.wake.wait(_safely(host.turn))
    _safely(host.end)


def _safely(step: Callable[[], float | None]) -> float:
    """Seconds until the next step is due."""
    try:
        return step() or 0.0
    except DatabaseError as error:
        log.warning("This host is not measured until the database answers: %s", error)
    except Exception:  # the edge of the loop: the next turn may succeed
        log.exception("A round of this host failed.")
    finally:
        connections.close_all()
    return RETRY_SECONDS


host_thread = HostThread()
