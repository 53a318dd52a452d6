"""A breaker: what failed is left alone, and asked in the background whether it is back."""

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0


class Breaker:
    """Closed until ``trip``; then open until ``probe`` returns without raising one of ``errors``.

    The probe runs in a thread of its own, when somebody asks and one is due, so nobody waits for it.
    """

    def __init__(self, name: str, probe: Callable[[], None], errors: type[Exception]) -> None:
        self.reason = ""
        self._name = name
        self._probe = probe
        self._errors = errors
        self._wait_seconds = FIRST_WAIT_SECONDS
        self._next_probe = 0.0
        self._prober: threading.Thread | None = None
        self._lock = threading.Lock()

    def is_closed(self) -> bool:
        if not self.reason:
            return True
        if time.monotonic() >= self._next_probe:
            self._start_probe()
        return False

    def trip(self, reason: str) -> None:
        with self._lock:
            if self.reason:
                return
            self.reason = reason
            self._wait_seconds = FIRST_WAIT_SECONDS
            self._next_probe = time.monotonic() + self._wait_seconds
        log.warning("The cache goes on without its tier %s: %s", self._name, reason)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._prober = None

    def _start_probe(self) -> None:
        with self._lock:
            if self._prober is not None and self._prober.is_alive():
                return
            self._prober = threading.Thread(target=self._ask, name=f"cache-probe-{self._name}", daemon=True)
            self._prober.start()

    def _ask(self) -> None:
        try:
            self._probe()
        except self._errors as error:
            self.reason = str(error)
            self._wait_seconds = min(2 * self._wait_seconds, LONGEST_WAIT_SECONDS)
            self._next_probe = time.monotonic() + self._wait_seconds
        else:
            self.reason = ""
            log.warning("The cache uses its tier %s again.", self._name)
