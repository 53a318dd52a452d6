"""Series that were recorded in the same rounds share their times, and nobody can tell."""

from datetime import timedelta

import numpy as np
import pytest
from django.core.cache import cache

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import chunks, outlook
from monitoring.keeping.forgetting import delete_unnamed_times
from monitoring.keeping.frame import Frame
from monitoring.keeping.reading import fine
from monitoring.keeping.reopening import reopen
from monitoring.keeping.verifying import Fault, verify
from monitoring.models import ChunkTimes, Metric, MetricChunk, Resolution, Series
from monitoring.samples import Sample
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, key, write
from tests.monitoring.keeping.settling import seal

pytestmark = pytest.mark.django_db
WARDS = ("a", "b", "c")
JITTER_MS = np.random.default_rng(5).integers(0, 60, 200).tolist()


def a_round(number: int) -> int:
    return START_MS + number * 15_000 + int(JITTER_MS[number])


def record(first: int, last: int, *wards: str) -> None:
    """Every series in each of these rounds."""
    write(*(Sample(key(ward=ward), a_round(n), n) for n in range(first, last) for ward in wards or WARDS))


def times_of(ward: str) -> list[int]:
    (frame,) = fine(Series.objects.filter(tags={"ward": ward}), START_MS, START_MS + 10 * HOUR_MS).values()
    return frame.at.tolist()


def raw() -> list[MetricChunk]:
    return list(MetricChunk.objects.filter(resolution=Resolution.RAW).order_by("series"))


def test_times_of_series_that_were_recorded_together_are_stored_once() -> None:
    record(0, 100)
    seal()
    assert len({chunk.times_id for chunk in raw()}) == ChunkTimes.objects.count() == 1
    assert times_of("a") == times_of("b") == times_of("c") == [a_round(n) for n in range(100)]
    assert [len(chunk.payload) < 120 for chunk in raw()] == [True] * 3
    assert series.usual_step_ms(Series.objects.filter(tags={"ward": "a"}).get().fingerprint) > 14_000
    assert not any(verify())


def test_regular_times_and_those_of_one_series_stay_with_their_chunk() -> None:
    write(*(Sample(key(ward=ward), START_MS + n * 15_000, n) for n in range(50) for ward in WARDS))
    record(60, 100, "alone")
    seal()
    assert not ChunkTimes.objects.exists()


def test_a_series_that_is_sealed_later_names_the_times_that_are_there() -> None:
    record(0, 100, "a", "b")
    seal()
    record(0, 100, "c")
    seal()
    assert [chunk.times_id for chunk in raw()] == [ChunkTimes.objects.get().pk] * 3


def test_times_that_are_named_no_more_are_deleted_and_no_others() -> None:
    record(0, 100)
    seal()
    record(100, 150, "a")
    seal()
    assert [chunk.times is None for chunk in raw()] == [True, False, False]
    assert delete_unnamed_times() == 0
    record(100, 150, "b", "c")
    seal()
    assert delete_unnamed_times() == 1
    assert times_of("a") == times_of("b") == times_of("c") == [a_round(n) for n in range(150)]


def test_a_chunk_is_reopened_and_sealed_again_with_the_times_it_shared() -> None:
    record(0, 100)
    seal()
    reopen(raw()[0].pk, from_ms(START_MS) + timedelta(hours=1))
    assert times_of("a") == times_of("b") == [a_round(n) for n in range(100)]
    seal()
    assert [chunk.times_id for chunk in raw()] == [ChunkTimes.objects.get().pk] * 3


def test_a_deleted_metric_leaves_times_for_whoever_shares_them() -> None:
    record(0, 100)
    write(*(Sample(key(name="rooms"), a_round(n), n) for n in range(100)))
    seal()
    Metric.objects.filter(name="rooms").delete()
    delete_unnamed_times()
    assert times_of("a") == [a_round(n) for n in range(100)]


def test_damaged_times_are_named_once_a_chunk_and_given_to_no_other() -> None:
    record(0, 100, "a", "b")
    seal()
    ChunkTimes.objects.update(payload=b"\x01\x01damaged times")
    assert [damage.fault for damage in verify() if damage is not None] == [Fault.UNREADABLE] * 2
    record(0, 100, "c")
    seal()
    with pytest.raises(chunks.ChunkDamaged):
        chunks.opened(raw()[0])
    assert times_of("c") == [a_round(n) for n in range(100)]


def test_damaged_times_come_back_with_samples_of_the_same_rounds() -> None:
    record(0, 100, "a", "b")
    seal()
    ChunkTimes.objects.update(payload=b"\x01\x01damaged times")
    record(0, 100, "c", "d")
    seal()
    assert times_of("a") == times_of("d") == [a_round(n) for n in range(100)]


def test_sizes_count_the_times_that_are_shared() -> None:
    record(0, 100)
    seal()
    payloads = [*raw(), ChunkTimes.objects.get()]
    cache.delete(outlook._SIZES)
    size = outlook.outlook(from_ms(START_MS)).sizes[0]
    cache.delete(outlook._SIZES)
    assert size.size_bytes == sum(len(one.payload) for one in payloads) + 16
    assert size.bytes_a_sample is not None and size.bytes_a_sample > 0.1


def test_a_chunk_is_verified_with_the_times_that_it_named_when_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    record(0, 100, "a", "b")
    seal()
    open_chunk = chunks.opened

    def opened_later(chunk: MetricChunk) -> Frame:
        """When sealing has given all chunks others, and retention has deleted these."""
        if ChunkTimes.objects.filter(pk=chunk.times_id).exists():
            monkeypatch.setattr(chunks, "opened", open_chunk)
            record(100, 120, "a", "b")
            seal()
            delete_unnamed_times()
        return open_chunk(chunk)

    monkeypatch.setattr(chunks, "opened", opened_later)
    assert next(verify()) is None
    assert chunks.opened is open_chunk  # so it has happened
