"""The thread of a process that looks after its host, when no other process of the host does (``rounds.py``)."""

import atexit
import logging
import os
import threading
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connections

from monitoring.quiet import be_quiet

log = logging.getLogger(__name__)

_LAST_SECONDS = 5.0
_RETRY_SECONDS = 10.0


class HostRounds:
    """The thread; begun by ``start``, never by an import, and not begun anew by a fork."""

    def __init__(self) -> None:
        self._is_registered = False
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    def start(self) -> None:
        """Again is once."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            if not self._is_registered:
                atexit.register(self.stop)
                os.register_at_fork(after_in_child=self._reset)
                self._is_registered = True
            self._ending = threading.Event()
            self._thread = threading.Thread(target=_run, args=(self._ending,), name="ahgd-host", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends within 5 s; a reading that hangs is left to end with the process."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._ending.set()
        if thread is not None and thread.is_alive():
            thread.join(_LAST_SECONDS)


def _run(ending: threading.Event) -> None:
    from monitoring.rounds import Host  # its models can be loaded only once Django is set up

    be_quiet()
    host = Host()
    seconds = 0.0
    while not ending.wait(seconds):
        seconds = _safely(host.turn)
    _safely(host.end)


def _safely(step: Callable[[], float | None]) -> float:
    try:
        return step() or 0.0
    except DatabaseError as error:
        log.warning("This host is not measured until the database answers: %s", error)
    except Exception:  # the edge of the loop: the next turn may succeed
        log.exception("A round of this host failed.")
    finally:
        connections.close_all()
    return _RETRY_SECONDS


host_rounds = HostRounds()
