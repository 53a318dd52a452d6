"""A daemon thread of a process's own: begun when asked, never by an import; ended with the process, at the latest."""

import atexit
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_LAST_SECONDS = 5.0


@dataclass(slots=True)
class Life:
    """What one thread is told; its successor has one of its own."""

    wake: threading.Event = field(default_factory=threading.Event)
    is_ending: bool = False


class Daemon:
    """Runs ``live``, which returns soon after ``is_ending`` of its life is true; ``wake`` of it is then set."""

    def __init__(self, name: str, live: Callable[[Life], None]) -> None:
        self._name, self._live = name, live
        self._is_ended_at_exit = False
        self.after_fork()

    def after_fork(self) -> None:
        """In a child, where the thread is not: it is there again when it is started there."""
        self._lock = threading.RLock()  # starting records nothing, but a finalizer that runs meanwhile may
        self._life = Life()
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Again is once; after ``stop`` it is another thread."""
        with self._lock:
            if self.is_alive:
                return
            self._life = Life()
            self._thread = threading.Thread(target=self._live, args=(self._life,), name=self._name, daemon=True)
            if not self._is_ended_at_exit:
                atexit.register(self.stop)
                self._is_ended_at_exit = True
            with contextlib.suppress(RuntimeError):  # the interpreter is ending: nobody can be started any more
                self._thread.start()

    def wake(self) -> None:
        """Has no thread wait for what it waits for."""
        with self._lock:
            self._life.wake.set()

    def stop(self) -> bool:
        """Ends it within 5 s, or leaves it to end with the process; False when there was nothing to end."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._life.is_ending = True
            self._life.wake.set()
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            return False
        thread.join(_LAST_SECONDS)
        return True
