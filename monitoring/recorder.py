"""What this process measures, gathered by series and flushed every few seconds on a thread of its own."""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import DataError, connections
from django.db import Error as DatabaseError

from monitoring.models import Kind
from monitoring.samples import Sample, SampleRefused, SeriesKey, finite, is_metric_name
from monitoring.storage import Storage

log = logging.getLogger(__name__)

Sampler = Callable[[int], Iterable[Sample]]
MOST_UNSAVED = 100_000


@dataclass(slots=True)
class Gathered:
    """One series over the present interval."""

    last: float
    count: int
    total: float
    minimum: float
    maximum: float

    def add(self, value: float) -> None:
        self.last = value
        self.count += 1
        self.total += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)


class Recorder:
    """Thread-safe; never raises into the caller; with the database away it keeps the newest 100 000 samples.

    The flushing thread begins with the first sample recorded, ends with the process, and begins anew after a fork.
    ``flush_seconds=None`` starts no thread: the owner calls ``flush``.
    """

    def __init__(self, flush_seconds: float | None = 5.0, storage: Storage | None = None) -> None:
        self.flush_seconds = flush_seconds
        self.storage = storage or Storage()
        self.dropped = 0
        self.refused = 0
        self.last_error = ""
        self._samplers: dict[str, Sampler] = {}
        self._at_exit = False
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._gathered: dict[SeriesKey, Gathered] = {}
        self._unsaved: deque[Sample] = deque(maxlen=MOST_UNSAVED)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def after_fork(self) -> None:
        """In a child: the parent's samples, thread and series ids are the parent's."""
        self._reset()
        self.storage.after_fork()

    def record(self, key: SeriesKey, value: float) -> None:
        """Adds one value. NaN, infinities and names that cannot be stored are refused and counted in ``refused``."""
        try:
            number = finite(value)
        except (SampleRefused, TypeError, ValueError, OverflowError):
            self.refused += 1
            return
        with self._lock:
            gathered = self._gathered.get(key)
            if gathered is not None:
                gathered.add(number)
            elif is_metric_name(key.name):
                self._gathered[key] = Gathered(number, 1, number, number, number)
            else:
                self.refused += 1
        if self._thread is None and self.flush_seconds is not None:
            self.start()

    def set_sampler(self, name: str, sampler: Sampler) -> None:
        """``sampler(now_ms)`` is asked for samples at each flush; one of the same name is replaced."""
        self._samplers[name] = sampler

    def start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="ahgd-recorder", daemon=True)
        if not self._at_exit:
            atexit.register(self.stop)
            self._at_exit = True
        self._thread.start()

    def stop(self) -> None:
        """Flushes what there is and ends the thread; recording again begins a new one."""
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)
        self._stop = threading.Event()
        self.flush()
        connections.close_all()

    def flush(self, now_ms: int | None = None) -> int:
        """Writes everything gathered in one transaction; gives the number of samples stored, 0 when that failed."""
        with self._flushing:
            now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
            self._take(now_ms)
            samples = list(self._unsaved)
            try:
                written = self._store(samples, now_ms)
            except DatabaseError as error:
                self.last_error = f"{type(error).__name__}: {error}"
                log.warning("%d samples are kept until the database takes them: %s", len(samples), self.last_error)
                return 0
            self._unsaved.clear()
            self.last_error = ""
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
            self.dropped += 1
            return 0

    def _take(self, now_ms: int) -> None:
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        samples = [_sample(key, now_ms, values) for key, values in gathered.items()]
        for name, sampler in self._samplers.items():
            try:
                samples.extend(sampler(now_ms))
            except Exception:  # the edge of the loop: what one sampler cannot give, the others do
                log.exception("The sampler %s failed.", name)
        self.dropped += max(0, len(self._unsaved) + len(samples) - MOST_UNSAVED)
        self._unsaved.extend(samples)

    def _run(self) -> None:
        stop = self._stop
        while not stop.wait(self.flush_seconds):
            try:
                self.flush()
            except Exception as error:  # the edge of the loop: the next flush may succeed
                self.last_error = f"{type(error).__name__}: {error}"
                log.exception("A flush of metrics failed.")
        connections.close_all()


def _sample(key: SeriesKey, at_ms: int, values: Gathered) -> Sample:
    if key.kind == Kind.GAUGE:
        return Sample(key, at_ms, values.last, values.count, values.total, values.minimum, values.maximum)
    value = values.total if key.kind == Kind.COUNTER else values.maximum
    return Sample(key, at_ms, value, values.count, values.total, values.minimum, values.maximum)


_recorder: Recorder | None = None
_recorder_lock = threading.Lock()


def get_recorder() -> Recorder:
    """This process's recorder."""
    global _recorder
    with _recorder_lock:
        if _recorder is None:
            from django.conf import settings

            _recorder = Recorder(settings.CONFIG.flush_seconds)
            os.register_at_fork(after_in_child=_recorder.after_fork)
        return _recorder
