import os
import threading
from collections.abc import Sequence

import pytest
from django.db import DataError, OperationalError

from monitoring.models import Kind
from monitoring.recorder import MOST_UNSAVED, Recorder
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

GAUGE = SeriesKey("users", (), Kind.GAUGE)
COUNTER = SeriesKey("logins_total", (), Kind.COUNTER)
TIMING = SeriesKey("page_seconds", (), Kind.TIMING)


class Shelf(Storage):
    """Keeps what it is given; ``is_away`` makes it fail as a lost database does."""

    def __init__(self) -> None:
        super().__init__()
        self.samples: list[Sample] = []
        self.is_away = False

    def write(self, samples: Sequence[Sample], now_ms: int | None = None) -> int:
        if self.is_away:
            raise OperationalError("the database is away")
        self.samples.extend(samples)
        return len(samples)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def recorder(shelf: Shelf) -> Recorder:
    return Recorder(flush_seconds=None, storage=shelf)


def test_a_gauge_keeps_its_last_value_with_count_and_total(recorder: Recorder, shelf: Shelf) -> None:
    for value in (3, 9, 6):
        recorder.record(GAUGE, value)
    recorder.flush(1000)
    assert shelf.samples == [Sample(GAUGE, 1000, 6, 3, 18, 3, 9)]


def test_a_counter_keeps_its_increase(recorder: Recorder, shelf: Shelf) -> None:
    recorder.record(COUNTER, 1)
    recorder.record(COUNTER, 2)
    recorder.flush(1000)
    assert shelf.samples[0].value == 3


def test_a_timing_keeps_its_slowest(recorder: Recorder, shelf: Shelf) -> None:
    for seconds in (0.1, 7.5, 0.2):
        recorder.record(TIMING, seconds)
    recorder.flush(1000)
    assert (shelf.samples[0].value, shelf.samples[0].count) == (7.5, 3)


def test_an_interval_begins_empty(recorder: Recorder, shelf: Shelf) -> None:
    recorder.record(COUNTER, 5)
    recorder.flush(1000)
    assert recorder.flush(2000) == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "many", None])
def test_what_is_no_finite_number_is_refused_and_counted(recorder: Recorder, shelf: Shelf, value: object) -> None:
    recorder.record(GAUGE, value)  # type: ignore[arg-type]
    recorder.flush(1000)
    assert shelf.samples == []
    assert recorder.refused == 1


def test_samples_wait_for_a_database_that_is_away(recorder: Recorder, shelf: Shelf) -> None:
    shelf.is_away = True
    recorder.record(GAUGE, 1)
    assert recorder.flush(1000) == 0
    assert "away" in recorder.last_error
    shelf.is_away = False
    recorder.record(GAUGE, 2)
    assert recorder.flush(2000) == 2
    assert [(sample.at_ms, sample.value) for sample in shelf.samples] == [(1000, 1), (2000, 2)]
    assert recorder.last_error == ""


def test_what_is_kept_is_bounded_and_what_is_dropped_is_counted(recorder: Recorder, shelf: Shelf) -> None:
    shelf.is_away = True
    recorder.set_sampler("many", lambda now_ms: [Sample(GAUGE, now_ms, 1.0)] * (MOST_UNSAVED // 2 + 1))
    recorder.flush(1000)
    recorder.flush(2000)
    assert recorder.dropped == 2
    shelf.is_away = False
    recorder.set_sampler("many", lambda now_ms: [])
    assert recorder.flush(3000) == MOST_UNSAVED


def test_samplers_are_asked_at_each_flush(recorder: Recorder, shelf: Shelf) -> None:
    recorder.set_sampler("one", lambda now_ms: [Sample(GAUGE, now_ms, 4.0)])
    recorder.flush(1000)
    recorder.flush(2000)
    assert [sample.at_ms for sample in shelf.samples] == [1000, 2000]


def test_threads_lose_nothing(recorder: Recorder, shelf: Shelf) -> None:
    def count() -> None:
        for _ in range(2000):
            recorder.record(COUNTER, 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        recorder.flush(1000)
    recorder.flush(2000)
    assert sum(sample.value for sample in shelf.samples) == 8000


def test_the_first_sample_starts_the_flushing_thread_and_stop_flushes(shelf: Shelf) -> None:
    recorder = Recorder(flush_seconds=3600, storage=shelf)
    recorder.record(GAUGE, 1)
    assert any(thread.name == "ahgd-recorder" for thread in threading.enumerate())
    recorder.stop()
    assert len(shelf.samples) == 1
    assert not any(thread.name == "ahgd-recorder" for thread in threading.enumerate())


def test_the_thread_flushes_by_itself(shelf: Shelf) -> None:
    flushed = threading.Event()
    recorder = Recorder(flush_seconds=0.01, storage=shelf)

    def tell(now_ms: int) -> list[Sample]:
        flushed.set()
        return []

    recorder.set_sampler("tell", tell)
    recorder.record(GAUGE, 1)
    assert flushed.wait(10)
    recorder.stop()


def test_a_child_begins_with_nothing_of_its_parent(recorder: Recorder, shelf: Shelf) -> None:
    recorder.record(GAUGE, 1)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  (coverage does not see into the child)
        recorder.after_fork()
        os.write(write_end, str(recorder.flush(1000)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read_end, 10) == b"0"
    assert recorder.flush(1000) == 1


def test_one_sample_that_cannot_be_stored_holds_nothing_back() -> None:
    class Picky(Shelf):
        def write(self, samples: Sequence[Sample], now_ms: int | None = None) -> int:
            if any(sample.key.name == "poison" for sample in samples):
                raise DataError("value too long")
            return super().write(samples)

    picky = Picky()
    recorder = Recorder(flush_seconds=None, storage=picky)
    for name in ("a", "poison", "b", "c"):
        recorder.record(SeriesKey(name, (), Kind.GAUGE), 1)
    assert recorder.flush(1000) == 3
    assert [sample.key.name for sample in picky.samples] == ["a", "b", "c"]
    assert recorder.dropped == 1


@pytest.mark.parametrize("name", ["", "n" * 201, "nul\0", "surrogate\udcff"])
def test_a_name_that_no_database_takes_is_refused(recorder: Recorder, shelf: Shelf, name: str) -> None:
    recorder.record(SeriesKey(name, (), Kind.GAUGE), 1)
    recorder.record(GAUGE, 1)
    assert recorder.flush(1000) == 1
    assert recorder.refused == 1


def test_a_sampler_that_fails_loses_nothing_of_the_others(recorder: Recorder, shelf: Shelf) -> None:
    def broken(now_ms: int) -> list[Sample]:
        raise OSError("no such process")

    recorder.set_sampler("broken", broken)
    recorder.set_sampler("sound", lambda now_ms: [Sample(GAUGE, now_ms, 4.0)])
    recorder.record(COUNTER, 1)
    assert recorder.flush(1000) == 2


def test_a_child_does_not_wait_for_a_lock_that_the_parent_held() -> None:
    storage = Storage()
    recorder = Recorder(flush_seconds=None, storage=storage)
    held = storage._lock
    with held:
        recorder.after_fork()
        assert storage._lock.acquire(timeout=1)
