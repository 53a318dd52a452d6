"""The thread that flushes a recorder: begun by the first sample, never by an import, and anew after a fork."""

import atexit
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connections

from monitoring.quiet import be_quiet

log = logging.getLogger(__name__)

_LAST_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0


class Round:
    """One flush that somebody may wait for."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.stored = 0


@dataclass(slots=True)
class Life:
    """What one thread is told; its successor has one of its own."""

    wake: threading.Event = field(default_factory=threading.Event)
    is_ending: bool = False


class Flusher:
    """Calls ``flush`` every ``seconds``, on a daemon thread whose database connections are its own and untracked."""

    def __init__(self, flush: Callable[[], int], seconds: float | None) -> None:
        self._flush = flush
        self._seconds = seconds
        self._at_exit = False
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.RLock()  # starting records nothing, but a finalizer that runs meanwhile may
        self._life = Life()
        self._next = Round()
        self._thread: threading.Thread | None = None

    def after_fork(self) -> None:
        """In a child, where the thread is not: it begins again when something is recorded."""
        self._reset()

    def start(self) -> None:
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            self._life = Life()
            thread = threading.Thread(target=self._run, args=(self._life,), name="ahgd-recorder", daemon=True)
            if not self._at_exit:
                atexit.register(self.stop)
                self._at_exit = True
            self._thread = thread
            with contextlib.suppress(RuntimeError):  # the interpreter is ending: nobody can be started any more
                thread.start()

    def stop(self) -> bool:
        """Flushes once more and ends, within 5 s; False when there was nothing to end."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._life.is_ending = True
            self._life.wake.set()
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            return False
        thread.join(_LAST_SECONDS)
        return True

    def flush(self) -> int:
        """Asks the thread to flush now and waits for it, 30 s at most; gives the number of samples stored."""
        with self._lock:
            self.start()
            asked = self._next
            self._life.wake.set()
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
        with self._lock:
            served, self._next = self._next, Round()
        try:
            served.stored = self._flush()
        except Exception:  # the edge of the loop: the next flush may succeed
            log.exception("A flush of metrics failed.")
        finally:
            connections.close_all()  # a server that was restarted, or a pool, is met afresh
            served.done.set()
