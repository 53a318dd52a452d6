"""The thread that flushes a recorder: begun by the first sample, never by an import, and anew after a fork."""

import logging
import threading
from collections.abc import Callable

from django.db import connections

from monitoring.daemon import Daemon, Life
from monitoring.quiet import be_quiet

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 30.0


class Flush:
    """One that somebody may wait for."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.stored = 0


class Flusher:
    """Calls ``flush`` every ``seconds``, on a daemon thread whose database connections are its own and untracked."""

    def __init__(self, flush: Callable[[], int], seconds: float | None) -> None:
        self._flush = flush
        self._seconds = seconds
        self._daemon = Daemon("ahgd-recorder", self._run)
        self._reset()

    def _reset(self) -> None:
        self._taking = threading.Lock()  # the last flush of one thread may meet the first one of the next
        self._next = Flush()

    def after_fork(self) -> None:
        """In a child, where the thread is not: it begins again when something is recorded."""
        self._daemon.after_fork()
        self._reset()

    def start(self) -> None:
        self._daemon.start()

    def stop(self) -> bool:
        """Flushes once more and ends, within 5 s; False when there was nothing to end."""
        return self._daemon.stop()

    def flush(self) -> int:
        """Asks the thread to flush now and waits for it, 30 s at most; gives the number of samples stored."""
        asked = self._next  # before the thread is woken: a flush that begins later than this answers it
        self._daemon.start()
        self._daemon.wake()
        asked.done.wait(_PATIENCE_SECONDS)
        return asked.stored

    def _run(self, life: Life) -> None:
        be_quiet()
        is_last = False
        while not is_last:
            life.wake.wait(self._seconds)
            life.wake.clear()
            is_last = life.is_ending
            self._once()

    def _once(self) -> None:
        with self._taking:
            served, self._next = self._next, Flush()
        try:
            served.stored = self._flush()
        except Exception:  # the edge of the loop: the next flush may succeed
            log.exception("A flush of metrics failed.")
        finally:
            connections.close_all()  # a server that was restarted, or a pool, is met afresh
            served.done.set()
