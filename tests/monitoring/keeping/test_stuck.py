"""What is wrong with one series holds up that series at most; the others are sealed, and nothing is lost."""

from datetime import datetime, timedelta

import pytest

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import pieces, sealing
from monitoring.keeping.packing import unpack
from monitoring.keeping.reopening import reopen
from monitoring.keeping.verifying import verify
from monitoring.kinds import Kind
from monitoring.models import MetricChunk, MetricSnapshot, ReadCursor, ReadGap, Resolution, Series
from monitoring.samples import Sample
from monitoring.sketch import Sketch
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, timing, write

pytestmark = pytest.mark.django_db
RAW, HOURLY = Resolution.RAW, Resolution.HOURLY


def at(hours: float) -> datetime:
    return from_ms(START_MS + round(hours * HOUR_MS))


def seal(hours: float) -> int:
    return sum(sealing.seal(at(hours), timedelta(0)))


def waiting() -> list[str]:
    """Metrics with rows that are not sealed."""
    return sorted(set(MetricSnapshot.objects.values_list("series__metric__name", flat=True)))


def test_calls_whose_sketch_is_damaged_are_counted_at_their_mean_and_kept_as_they_are() -> None:
    sketches = [b"\xff\xff", b"\x01\x05\x80", b"", b"\x01\x05\x00\xff\xff\xff\x7f\x01"]
    write(*(timing(key(Kind.TIMING, "aa"), START_MS + n, 0.1, 0.3) for n in range(5)))
    for row, sketch in zip(MetricSnapshot.objects.order_by("id"), sketches, strict=False):
        MetricSnapshot.objects.filter(pk=row.pk).update(sketch=sketch)
    write(*gauges(key(name="zz"), 1, 2))
    assert seal(5) == 7
    raw = unpack(MetricChunk.objects.get(resolution=RAW, series__metric__name="aa").payload)
    assert raw.sketches is not None and list(raw.sketches[:4]) == sketches
    (hour,) = unpack(MetricChunk.objects.get(resolution=HOURLY, series__metric__name="aa").payload).sketches or ()
    assert hour is not None
    found = Sketch.decode(hour)
    assert (found.count, found.quantile(0.5, 0, 9)) == (10, pytest.approx(0.2, rel=0.02))


def test_a_chunk_of_a_codec_that_is_missing_here_holds_up_its_own_series(caplog: pytest.LogCaptureFixture) -> None:
    write(*gauges(key(name="aa"), 1))
    seal(3)
    chunk = MetricChunk.objects.get(resolution=RAW)
    MetricChunk.objects.update(payload=b"\x09" + bytes(chunk.payload)[1:])
    write(Sample(key(name="aa"), START_MS + 60_000, 2), *gauges(key(name="zz"), 1, 2))
    assert seal(5) == 2
    assert waiting() == ["aa"]
    assert f"series {chunk.series_id}" in caplog.text
    assert "codec 9" in caplog.text


@pytest.mark.parametrize("payload", [b"?", b"\x09?"])
def test_a_chunk_that_cannot_be_read_is_a_gap(payload: bytes, caplog: pytest.LogCaptureFixture) -> None:
    write(*gauges(key(), *range(120), step_ms=HOUR_MS // 10))
    seal(24)
    first, _ = MetricChunk.objects.filter(resolution=RAW).order_by("start")
    MetricChunk.objects.filter(pk=first.pk).update(payload=payload)
    pieces._log_once.cache_clear()
    (points,) = series.points("beds", START_MS, START_MS + 24 * HOUR_MS)
    assert len(points.values) == 60
    (stretch,) = series.stretches(["beds"], START_MS - 1, START_MS + 24 * HOUR_MS, series.VALUES, [])
    assert len(stretch.rows) == 60
    assert len(pieces.last_times(first.series_id, 100)) == 60
    assert [text.count("has a gap") for text in caplog.messages] == [1]


def test_values_whose_sum_is_no_number_are_sealed_and_sound() -> None:
    for n in range(10):
        write(
            Sample(key(name="aa"), START_MS + n, 1.7e308), Sample(key(name="aa"), START_MS + 4 * HOUR_MS + n, -1.7e308)
        )
    write(*gauges(key(name="zz"), 1, 2))
    assert seal(8) == 22
    assert list(verify()) == [None] * 4


def test_a_time_that_no_block_can_begin_before_holds_up_its_series(caplog: pytest.LogCaptureFixture) -> None:
    write(Sample(key(name="aa"), -(2**63), 1), *gauges(key(name="zz"), 1, 2))
    assert seal(5) == 2
    assert waiting() == ["aa"]
    assert "Nothing of series" in caplog.text


def test_a_reader_may_stand_still_for_years() -> None:
    write(*gauges(key(), 1, 2, 3))
    ReadCursor.objects.create(reader="x", position=0, table=MetricSnapshot._meta.db_table, moved_at=at(-100))
    ReadGap.objects.create(reader="x", position=0, rows=2**31 - 1, start=0, end=1, noted_at=at(0))
    assert seal(5) == 3
    assert ReadGap.objects.get().rows == 2**31 + 2


def test_what_is_reopened_while_others_are_sealed_stays_open() -> None:
    names = [f"m{number:02}" for number in range(2 * sealing.SERIES_A_STEP)]
    write(*(Sample(key(name=name), START_MS, 1) for name in names))
    seal(5)
    write(*(Sample(key(name=name), START_MS + 7 * HOUR_MS, 5) for name in names))
    run = sealing.seal(at(10), timedelta(0))
    next(run)
    last = Series.objects.latest("id")
    reopen(MetricChunk.objects.get(resolution=RAW, series=last, start=START_MS).pk, at(11))
    list(run)
    assert waiting() == [last.metric.name]
    assert MetricSnapshot.objects.count() == 2


def test_a_reader_that_keeps_up_misses_no_sample_that_comes_late() -> None:
    write(*gauges(key(), 1), *gauges(key(name="now"), 1, from_ms=START_MS + 9 * HOUR_MS))
    last = MetricSnapshot.objects.latest("id").pk
    ReadCursor.objects.create(reader="x", position=last, table=MetricSnapshot._meta.db_table, moved_at=at(9))
    write(Sample(key(), START_MS + 1000, 2))
    assert seal(9) == 1
    assert MetricSnapshot.objects.filter(pk__gt=last).count() == 1
    ReadCursor.objects.update(position=last + 1)
    assert seal(9) == 1
    assert not ReadGap.objects.exists()


def test_a_sample_from_the_future_does_not_make_others_wait_for_a_reader_that_is_behind() -> None:
    write(*gauges(key(name="future"), 1, from_ms=START_MS + 900 * HOUR_MS), *gauges(key(), 1, 2))
    ReadCursor.objects.create(reader="x", position=0, table=MetricSnapshot._meta.db_table, moved_at=at(5))
    assert seal(5) == 2
    assert ReadGap.objects.get().rows == 2
