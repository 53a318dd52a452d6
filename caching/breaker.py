"""A breaker: what failed is left alone, and asked in the background whether it is back."""

import logging
import threading
from collections.abc import Callable
from weakref import ReferenceType, ref

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0


class Breaker:
    """Closed until ``trip``; then open until ``probe`` returns, however often it raised before.

    A thread of its own asks, after pauses that double, also while nobody uses the tier: it has debts to pay. It ends
    when the tier is back, when nobody holds the breaker any more, and with ``rest``.
    """

    def __init__(self, name: str, probe: Callable[[], None], expected: type[Exception]) -> None:
        self.reason = ""
        self._name = name
        self._probe = probe
        self._expected = expected
        self._rests = threading.Event()
        self._prober: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def is_closed(self) -> bool:
        return not self.reason

    def trip(self, reason: str) -> None:
        with self._lock:
            if self.reason:
                return
            self.reason = reason
        log.warning("The cache goes on without its tier %s: %s", self._name, reason)
        self.keep_asking()

    def keep_asking(self) -> None:
        """Unless somebody does, or nothing is wrong: a forked process has no thread yet, nor one that rested."""
        with self._lock:
            if not self.reason or (self._prober is not None and self._prober.is_alive()):
                return
            self._rests = threading.Event()
            name = f"cache-probe-{self._name}"
            self._prober = threading.Thread(target=_ask, args=(ref(self), self._rests), name=name, daemon=True)
            self._prober.start()

    def rest(self) -> None:
        """Nobody asks until the tier is used again."""
        with self._lock:
            self._rests.set()
            self._prober = None

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._prober = None

    def is_back(self) -> bool:
        """Asks once. Whatever goes wrong is a reason to ask again."""
        try:
            self._probe()
        except self._expected as error:
            self.reason = str(error)
            return False
        except Exception as error:  # the edge of a thread: the state says why, and it asks again
            log.exception("Asking the cache's tier %s whether it is back failed.", self._name)
            self.reason = f"{type(error).__name__}: {error}"
            return False
        with self._lock:
            self.reason = ""
            self._prober = None
        log.warning("The cache uses its tier %s again.", self._name)
        return True


def _ask(breaker: "ReferenceType[Breaker]", rests: threading.Event) -> None:
    """The breaker is not held during a pause, so that a cache that nobody uses any more can go."""
    wait_seconds = FIRST_WAIT_SECONDS
    while not rests.wait(wait_seconds) and not _is_over(breaker()):
        wait_seconds = min(2 * wait_seconds, LONGEST_WAIT_SECONDS)


def _is_over(breaker: Breaker | None) -> bool:
    return breaker is None or breaker.is_back()
