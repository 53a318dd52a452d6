import os
import threading

import pytest

from monitoring.models import Kind
from monitoring.recorder import MOST_UNSAVED, Recorder
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage
from tests.monitoring.shelf import Shelf

GAUGE = SeriesKey("users", (), Kind.GAUGE)
COUNTER = SeriesKey("logins_total", (), Kind.COUNTER)
TIMING = SeriesKey("page_seconds", (), Kind.TIMING)


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
    recorder.record(GAUGE, value)  # type: ignore[arg-type]  # what callers without types do
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


def test_a_sample_that_no_database_can_take_is_dropped_and_its_neighbours_stay(
    recorder: Recorder, shelf: Shelf
) -> None:
    for name in ("a", "poison", "b"):
        recorder.record(SeriesKey(name, (), Kind.GAUGE), 1)
    assert recorder.flush(1000) == 2
    assert recorder.dropped == 1
    assert recorder.flush(2000) == 0


def test_a_timing_brings_its_sketch(recorder: Recorder, shelf: Shelf) -> None:
    for _ in range(1000):  # more than wait to be folded
        recorder.record(TIMING, 0.25)
    recorder.flush(1000)
    sketch = shelf.samples[0].sketch
    assert sketch is not None
    assert sketch.count == 1000


def test_beyond_the_limit_tags_become_one_series_and_totals_stay_right(recorder: Recorder, shelf: Shelf) -> None:
    recorder.limits.of_metric["logins_total"] = 2
    for number in range(5):
        recorder.record(SeriesKey("logins_total", (("user", str(number)),), Kind.COUNTER), 1)
    recorder.flush(1000)
    assert {sample.key.tags: sample.value for sample in shelf.samples} == {
        (("user", "0"),): 1,
        (("user", "1"),): 1,
        (("overflow", "true"),): 3,
    }
    assert recorder.limits.dropped == {"logins_total": 3}


def test_names_that_never_end_become_one_metric(
    recorder: Recorder, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitoring.limits.MOST_SERIES", 3)
    for number in range(5):
        recorder.record(SeriesKey(f"m{number}", (), Kind.GAUGE), 1)
    recorder.flush(1000)
    assert {sample.key.name for sample in shelf.samples} == {"m0", "m1", "m2", "ahgd_ops_other_metrics"}


def test_what_is_unsaved_can_be_looked_at_and_stays(recorder: Recorder, shelf: Shelf) -> None:
    shelf.is_away = True
    recorder.record(COUNTER, 1)
    recorder.flush(1000)
    recorder.record(COUNTER, 2)
    assert [sample.value for sample in recorder.unsaved()] == [1, 2]
    shelf.is_away = False
    assert recorder.flush(2000) == 2


def test_a_sampler_that_fails_leaves_the_others_alone(recorder: Recorder, shelf: Shelf) -> None:
    def broken(now_ms: int) -> list[Sample]:
        raise RuntimeError("no more")

    recorder.set_sampler("broken", broken)
    recorder.set_sampler("working", lambda now_ms: [Sample(GAUGE, now_ms, 4.0)])
    assert recorder.flush(1000) == 1


def test_a_flush_is_asked_of_the_thread(shelf: Shelf) -> None:
    recorder = Recorder(flush_seconds=3600, storage=shelf)
    threads: set[str] = set()
    recorder.set_sampler("who", lambda now_ms: threads.add(threading.current_thread().name) or ())
    recorder.record(GAUGE, 1)
    assert recorder.flush() == 1
    assert threads == {"ahgd-recorder"}
    recorder.stop()


def test_after_it_was_stopped_recording_begins_anew(shelf: Shelf) -> None:
    recorder = Recorder(flush_seconds=3600, storage=shelf)
    recorder.record(GAUGE, 1)
    recorder.stop()
    recorder.record(GAUGE, 2)
    recorder.stop()
    assert [sample.value for sample in shelf.samples] == [1, 2]


def test_what_records_within_recording_neither_hangs_nor_counts_twice(recorder: Recorder, shelf: Shelf) -> None:
    """As a finalizer or a signal's handler does that runs while values are folded."""
    gathering = recorder.series(COUNTER)
    with recorder._folding:
        for _ in range(2000):
            recorder.record(COUNTER, 1)
    assert len(gathering.values) == 2000
    recorder.flush(1000)
    assert shelf.samples[0].value == 2000


def test_a_child_records_into_series_that_its_parent_met(shelf: Shelf) -> None:
    recorder = Recorder(flush_seconds=3600, storage=shelf)
    gathering = recorder.series(COUNTER)
    recorder.add(gathering, 1)
    recorder.after_fork()  # what the child's side of os.fork calls
    recorder.add(gathering, 5)
    assert recorder.flush() == 1
    assert shelf.samples[-1].value == 5
    recorder.stop()


@pytest.mark.parametrize("name", ["", "n" * 201, "nul\0", "surrogate\udcff"])
def test_a_name_that_no_database_takes_is_refused(recorder: Recorder, shelf: Shelf, name: str) -> None:
    recorder.record(SeriesKey(name, (), Kind.GAUGE), 1)
    recorder.record(GAUGE, 1)
    assert recorder.flush(1000) == 1
    assert recorder.refused == 1


def test_a_child_does_not_wait_for_a_lock_that_the_parent_held() -> None:
    storage = Storage()
    recorder = Recorder(flush_seconds=None, storage=storage)
    held = storage._lock
    with held:
        recorder.after_fork()
        assert storage._lock.acquire(timeout=1)
