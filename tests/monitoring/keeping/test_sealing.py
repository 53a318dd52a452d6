from datetime import UTC, datetime, timedelta

import pytest

from monitoring.clock import from_ms, to_ms
from monitoring.keeping import sealing
from monitoring.keeping.blocks import BLOCK_MS
from monitoring.keeping.packing import unpack
from monitoring.kinds import Kind
from monitoring.models import MetricChunk, MetricSnapshot, ReadCursor, ReadGap, Resolution, Series
from monitoring.samples import Sample
from monitoring.sketch import Sketch
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, timing, write

pytestmark = pytest.mark.django_db
RAW, HOURLY = Resolution.RAW, Resolution.HOURLY
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(hours: float) -> datetime:
    """So many hours after the blocks' start."""
    return from_ms(START_MS + round(hours * HOUR_MS))


def seal(hours: float) -> int:
    return sum(sealing.seal(at(hours)))


def points(resolution: Resolution = RAW) -> list[tuple[int, float]]:
    """Times since the start and values of every sealed sample."""
    found = []
    for chunk in MetricChunk.objects.filter(resolution=resolution).order_by("series", "start"):
        frame = unpack(chunk.payload)
        found += list(zip((frame.at - START_MS).tolist(), frame.value.tolist(), strict=True))
    return found


def test_what_is_older_than_the_hot_window_is_sealed_and_the_rest_stays() -> None:
    write(*gauges(key(), 1, 2, 3, step_ms=HOUR_MS))
    assert seal(2.6) == 2
    assert points() == [(0, 1), (HOUR_MS, 2)]
    assert MetricSnapshot.objects.get().value == 3


def test_rows_wait_until_the_oldest_has_waited_for_half_an_hour() -> None:
    write(*gauges(key(), 1))
    assert seal(1.49) == 0
    assert seal(1.51) == 1


def test_what_comes_later_joins_the_chunk_of_its_block() -> None:
    write(*gauges(key(), 1, 3, step_ms=20_000))
    seal(3)
    write(Sample(key(), START_MS + 10_000, 2))
    assert seal(4) == 1
    assert points() == [(0, 1), (10_000, 2), (20_000, 3)]
    assert MetricChunk.objects.filter(resolution=RAW).count() == 1


def test_each_block_has_a_chunk_that_sums_it_up() -> None:
    write(*gauges(key(), 4, 5, 1, from_ms=START_MS + BLOCK_MS[RAW] - 60_000, step_ms=60_000))
    seal(10)
    one, two = MetricChunk.objects.filter(resolution=RAW).order_by("start")
    assert (one.start, one.end, one.samples) == (START_MS, START_MS + BLOCK_MS[RAW] - 60_000, 1)
    assert (two.samples, two.count, two.minimum, two.maximum, two.total) == (2, 2, 1, 5, 6)


def test_sealing_again_changes_nothing() -> None:
    write(*gauges(key(), 1, 2, 3))
    seal(3)
    before = list(MetricChunk.objects.values())
    assert seal(3) == 0
    assert list(MetricChunk.objects.values()) == before


def test_series_of_equal_times_are_kept_apart() -> None:
    write(*gauges(key(ward="a"), 1, 2), *gauges(key(ward="b"), 8, 9))
    seal(3)
    assert sorted(value for _, value in points()) == [1, 2, 8, 9]
    assert MetricChunk.objects.filter(resolution=RAW).count() == 2


def test_equal_times_of_one_series_are_all_kept_in_the_order_they_came_in() -> None:
    write(*gauges(key(), 5, 3, 4, step_ms=0))
    seal(3)
    assert points() == [(0, 5), (0, 3), (0, 4)]


def test_a_step_is_bounded_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "ROWS_A_STEP", 2)
    write(*gauges(key(), 1, 2, 3, 4, 5))
    assert list(sealing.seal(at(3))) == [2, 2, 1]
    assert [value for _, value in points()] == [1, 2, 3, 4, 5]


def test_an_edit_is_known_after_sealing() -> None:
    write(*gauges(key(), 1, 2))
    MetricSnapshot.objects.filter(value=2).update(value=7, edited=True)
    seal(3)
    edited = unpack(MetricChunk.objects.get(resolution=RAW).payload).edited
    assert edited is not None and edited.tolist() == [False, True]


def a_reader(position: int, moved_at: datetime) -> None:
    table = MetricSnapshot._meta.db_table
    ReadCursor.objects.create(reader="evaluator", table=table, position=position, moved_at=moved_at)


def test_sealing_never_overtakes_a_reader() -> None:
    write(*gauges(key(), 1, 2))
    a_reader(MetricSnapshot.objects.order_by("id")[0].pk, at(1.5))
    assert seal(1.6) == 1
    assert MetricSnapshot.objects.get().value == 2
    assert not ReadGap.objects.exists()


def test_past_an_hour_of_lag_the_unread_is_sealed_and_the_gap_is_noted() -> None:
    write(*gauges(key(), 1, 2, 3))
    position = MetricSnapshot.objects.order_by("id")[0].pk
    a_reader(position, at(2.5))
    assert seal(2.6) == 3
    gap = ReadGap.objects.get()
    assert (gap.reader, gap.position, gap.rows) == ("evaluator", position, 2)
    assert (gap.start - START_MS, gap.end - START_MS) == (15_000, 30_000)


def test_a_reader_that_stands_still_has_one_gap_that_grows() -> None:
    a_reader(0, at(0))
    for hour in (3, 4):
        write(*gauges(key(), 1, from_ms=START_MS + hour * HOUR_MS))
        seal(hour + 2)
    gap = ReadGap.objects.get()
    assert (gap.rows, gap.end - gap.start) == (2, HOUR_MS)


def test_hours_sum_up_what_is_sealed_in_any_order() -> None:
    write(*gauges(key(), 1, 2, step_ms=60_000))
    seal(3)
    write(Sample(key(), START_MS + 90_000, 9), Sample(key(), START_MS + 30_000, -4))
    seal(4)
    hour = MetricChunk.objects.get(resolution=HOURLY)
    assert (hour.samples, hour.count, hour.minimum, hour.maximum, hour.total) == (1, 4, -4, 9, 8)
    assert points(HOURLY) == [(90_000, 9)]  # its last value, at its time


def test_an_hour_of_a_counter_is_its_increase() -> None:
    write(*(Sample(key(Kind.COUNTER), START_MS + n * 600_000, 2) for n in range(9)))
    seal(4)
    assert [value for _, value in points(HOURLY)] == [12, 6]


def test_an_hour_of_a_timing_has_every_call() -> None:
    write(*(timing(key(Kind.TIMING), START_MS + n * 60_000, 0.1, 0.2 + n) for n in range(30)))
    seal(3)
    frame = unpack(MetricChunk.objects.get(resolution=HOURLY).payload)
    assert frame.sketches is not None and frame.sketches[0] is not None
    assert Sketch.decode(frame.sketches[0]).count == 60
    assert (frame.counts.tolist(), frame.value.tolist()) == ([60], [29.2])


def test_a_damaged_chunk_holds_up_its_own_series_only(caplog: pytest.LogCaptureFixture) -> None:
    write(*gauges(key(ward="a"), 1), *gauges(key(ward="b"), 2))
    seal(3)
    damaged = MetricChunk.objects.filter(resolution=RAW).earliest("pk")
    MetricChunk.objects.filter(pk=damaged.pk).update(payload=b"nonsense")
    write(*gauges(key(ward="a"), 3, from_ms=START_MS + 1), *gauges(key(ward="b"), 4, from_ms=START_MS + 1))
    assert seal(4) == 1
    assert MetricSnapshot.objects.get().series_id == damaged.series_id
    assert f"chunk {damaged.pk} of series" in caplog.text


def test_what_somebody_corrects_is_left_alone_for_so_long() -> None:
    write(*gauges(key(), 1))
    Series.objects.update(open_until=at(3))
    assert seal(2.9) == 0
    assert seal(3.1) == 1


def test_times_before_the_epoch_are_sealed_too() -> None:
    write(Sample(key(), to_ms(datetime(1969, 12, 31, 23, 59, tzinfo=UTC)), 1))
    assert seal(1) == 1
