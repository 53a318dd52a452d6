"""What this process measures, gathered by series and flushed every few seconds (``flusher.py``)."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import DataError
from django.db import Error as DatabaseError

from monitoring.aside import aside
from monitoring.flusher import Flusher
from monitoring.gathering import ROOM, Gathering
from monitoring.limits import Limits
from monitoring.samples import Sample, SampleRefused, SeriesKey, finite, is_metric_name
from monitoring.unsent import Unsent

if TYPE_CHECKING:
    from monitoring.push import PushStorage
    from monitoring.storage import Storage

log = logging.getLogger(__name__)

Sampler = Callable[[int], Iterable[Sample]]
MOST_UNSAVED = 100_000


class Recorder:
    """Thread-safe; never raises into the caller; with the database away it keeps the newest 100 000 samples.

    The flushing thread begins with the first sample recorded, ends with the process, and begins anew after a fork.
    ``flush_seconds=None`` starts no thread: the owner calls ``flush``. ``dropped`` counts samples lost while the
    database was away, ``refused`` values that were no finite numbers.
    """

    def __init__(self, flush_seconds: float | None = 5.0, storage: "Storage | PushStorage | None" = None) -> None:
        self.flush_seconds = flush_seconds
        self.limits = Limits()
        self.dropped = 0
        self.refused = 0
        self.last_error = ""
        self.flush_took_seconds = 0.0
        self._storage = storage
        self._samplers: dict[str, Sampler] = {}
        self._series: dict[SeriesKey, Gathering] = {}
        self._flusher = Flusher(self._flush_now, flush_seconds)
        self._reset()

    def _reset(self) -> None:
        self._folding = threading.Lock()
        self._making = threading.RLock()  # a signal's handler or a finalizer may record while its own thread records
        self._flushing = threading.Lock()
        self._unsaved: deque[Sample] = deque(maxlen=MOST_UNSAVED)

    def after_fork(self) -> None:
        """In a child: the parent's samples, thread and series ids are the parent's."""
        self._reset()
        self._flusher.after_fork()
        for gathering in list(self._series.values()):
            gathering.forget()
        if self._storage is not None:
            self._storage.after_fork()

    @property
    def storage(self) -> "Storage | PushStorage":
        if self._storage is None:
            from monitoring.storage import Storage  # its models can be loaded only once Django is set up

            self._storage = Storage(self.limits)
        return self._storage

    def series(self, key: SeriesKey) -> Gathering:
        """Where values of ``key`` are appended; past the limit of series the one for all that overflow."""
        gathering = self._series.get(key)
        if gathering is not None:
            return gathering
        with self._making:
            key = self.limits.admit(key)
            return self._series.setdefault(key, Gathering(key))

    def record(self, key: SeriesKey, value: float) -> None:
        """Adds one value. NaN, infinities and names that cannot be stored are refused and counted in ``refused``."""
        try:
            number = finite(value)
        except (SampleRefused, TypeError, ValueError, OverflowError):
            self.refused += 1
            return
        gathering = self._series.get(key)
        if gathering is None and not is_metric_name(key.name):
            self.refused += 1
            return
        self.add(gathering or self.series(key), number)

    def add(self, gathering: Gathering, number: float) -> None:
        """Adds a finite number. The fast paths do the same in place."""
        gathering.add(number)
        if len(gathering.values) > gathering.room:
            self.filled(gathering)

    def filled(self, gathering: Gathering) -> None:
        """Makes room, and sees to it that somebody will flush."""
        gathering.room = ROOM
        if self.flush_seconds is not None:
            self._flusher.start()
        if len(gathering.values) > ROOM and self._folding.acquire(blocking=False):
            try:  # where somebody else folds, or this very thread further up, the values wait
                gathering.fold()
            finally:
                self._folding.release()

    def set_sampler(self, name: str, sampler: Sampler) -> None:
        """``sampler(now_ms)`` is asked for samples at each flush; one of the same name is replaced."""
        self._samplers[name] = sampler

    def start(self) -> None:
        self._flusher.start()

    def stop(self) -> None:
        """Flushes what there is and ends the thread; recording again begins a new one."""
        for gathering in list(self._series.values()):
            gathering.room = -1
        if not self._flusher.stop():
            aside(self._flush_now)

    def flush(self, now_ms: int | None = None) -> int:
        """Writes everything gathered in one transaction; gives the number of samples stored, 0 when that failed.

        The flushing thread does it, on its own connection: a transaction of the caller's plays no part.
        """
        if self.flush_seconds is None:
            return self._flush_now(now_ms)
        return self._flusher.flush()

    def unsaved(self) -> list[Sample]:
        """What is not in the database yet; samplers are not asked."""
        now_ms = time.time_ns() // 1_000_000
        is_still = self._flushing.acquire(timeout=1)  # else its transaction waits for one of ours: it cannot commit
        try:
            with self._folding:
                fresh = [sample for one in list(self._series.values()) if (sample := one.peek(now_ms)) is not None]
                return [*self._unsaved, *fresh]
        finally:
            if is_still:
                self._flushing.release()

    def _flush_now(self, now_ms: int | None = None) -> int:
        with self._flushing:
            began = time.monotonic()
            now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
            self._take(now_ms)
            samples = list(self._unsaved)
            try:
                written = self._store(samples, now_ms)
            except DatabaseError as error:
                self.last_error = f"{type(error).__name__}: {error}"
                log.warning("%d samples are kept until the database takes them: %s", len(samples), self.last_error)
                return 0
            except Unsent as unsent:
                self.last_error = str(unsent)
                self.dropped += unsent.done - unsent.stored
                for _ in range(unsent.done):
                    self._unsaved.popleft()
                log.warning("%d samples are kept until the console takes them: %s", len(self._unsaved), unsent)
                return unsent.stored
            self.dropped += len(samples) - written
            self._unsaved.clear()
            self.last_error = ""
            self.flush_took_seconds = time.monotonic() - began
            return written

    def _store(self, samples: Sequence[Sample], now_ms: int) -> int:
        """One sample that the database can never take must not hold back the others: it is looked for, and dropped."""
        try:
            return self.storage.write(samples, now_ms)
        except (DataError, ValueError) as error:
            if len(samples) > 1:
                middle = len(samples) // 2
                return self._store(samples[:middle], now_ms) + self._store(samples[middle:], now_ms)
            log.warning("A sample of %r cannot be stored: %s", samples[0].key.name, error)
            return 0

    def _take(self, now_ms: int) -> None:
        with self._folding:
            samples = [sample for one in list(self._series.values()) if (sample := one.take(now_ms)) is not None]
        for name, sampler in list(self._samplers.items()):
            try:
                samples.extend(sampler(now_ms))
            except Exception:  # the edge of the loop: what one sampler cannot give, the others do
                log.exception("The sampler %s failed.", name)
        self.dropped += max(0, len(self._unsaved) + len(samples) - MOST_UNSAVED)
        self._unsaved.extend(samples)
