"""Whoever reads gets the same answers before, between and after sealing: of samples, windows, charts and figures."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring import series, windows
from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.keeping.frame import Frame
from monitoring.keeping.reading import coarse, fine
from monitoring.kinds import Kind
from monitoring.models import MetricChunk, MetricSnapshot, Resolution, Series
from monitoring.samples import Sample
from monitoring.windows import TIMINGS
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, same, timing, write

pytestmark = pytest.mark.django_db
DAY_MS = 24 * HOUR_MS


class RolledBack(Exception):
    """Ends an example of hypothesis; its rows go."""


def seal_until(at_ms: int) -> None:
    """Everything before ``at_ms``."""
    hot = timedelta(minutes=60)
    list(sealing.seal(from_ms(at_ms) + hot, timedelta(0)))


def drop_samples() -> None:
    """As retention does."""
    MetricChunk.objects.filter(resolution=Resolution.RAW).delete()


offsets = st.integers(0, 3 * DAY_MS - 1)
values = st.floats(-1e6, 1e6)
plain = st.tuples(offsets, values)
took = st.lists(st.floats(1e-5, 100), min_size=1, max_size=4)
slow = st.tuples(offsets, took)


def made(of: Sequence[tuple[int, float]], calls: Sequence[tuple[int, list[float]]]) -> list[Sample]:
    counter, gauge = key(Kind.COUNTER, "events_total"), key()
    samples = [Sample(gauge, START_MS + at, value) for at, value in of]
    samples += [Sample(counter, START_MS + at, abs(value)) for at, value in of]
    return samples + [timing(key(Kind.TIMING, "t_seconds"), START_MS + at, *each) for at, each in calls]


def frames(start_ms: int, end_ms: int) -> dict[int, Frame]:
    return fine(Series.objects.all(), start_ms, end_ms)


@given(
    st.lists(plain, min_size=1, max_size=12, unique_by=lambda one: one[0]),
    st.lists(slow, max_size=8, unique_by=lambda one: one[0]),
    st.lists(offsets, min_size=1, max_size=3),
    st.tuples(offsets, offsets),
)
@settings(deadline=None, max_examples=40)
def test_sealing_in_any_order_changes_no_answer(
    of: list[tuple[int, float]], calls: list[tuple[int, list[float]]], seals: list[int], span: tuple[int, int]
) -> None:
    start_ms, end_ms = START_MS + min(span), START_MS + max(span)
    samples = made(of, calls)
    with pytest.raises(RolledBack), transaction.atomic():
        write(*samples)
        expected = frames(start_ms, end_ms)
        stretches = series.stretches(["beds", "events_total", "t_seconds"], start_ms, end_ms, TIMINGS)
        lines = [series.points(name, start_ms, end_ms) for name in ("beds", "t_seconds")]
        for number, offset in enumerate(seals):
            Series.objects.update(last_at=None)
            seal_until(START_MS + offset)
            found = frames(start_ms, end_ms)
            assert found.keys() == expected.keys()
            assert all(same(found[series_id], expected[series_id]) for series_id in found), number
            assert series.stretches(["beds", "events_total", "t_seconds"], start_ms, end_ms, TIMINGS) == stretches
            assert [series.points(name, start_ms, end_ms) for name in ("beds", "t_seconds")] == lines
        raise RolledBack


@given(
    st.lists(plain, min_size=1, max_size=12, unique_by=lambda one: one[0]),
    st.lists(slow, max_size=6, unique_by=lambda one: one[0]),
    st.tuples(offsets, offsets),
)
@settings(deadline=None, max_examples=30)
def test_hours_say_the_same_as_the_samples_they_stand_for(
    of: list[tuple[int, float]], calls: list[tuple[int, list[float]]], span: tuple[int, int]
) -> None:
    start_ms, end_ms = START_MS + min(span), START_MS + max(span)
    with pytest.raises(RolledBack), transaction.atomic():
        write(*made(of, calls))
        every = Series.objects.all()
        expected = fine(every, start_ms, end_ms)
        seal_until(START_MS + 3 * DAY_MS)
        found = coarse(every, start_ms, end_ms)
        assert found.keys() == expected.keys()
        for series_id, frame in found.items():
            samples = expected[series_id]
            assert frame.counts.sum() == samples.counts.sum()
            assert frame.totals.sum() == pytest.approx(samples.totals.sum(), rel=1e-9, abs=1e-6)
            assert (frame.minima.min(), frame.maxima.max()) == (samples.minima.min(), samples.maxima.max())
            assert frame.at[-1] == samples.at[-1]
        raise RolledBack


def test_a_block_whose_samples_are_gone_is_answered_by_its_hours_and_the_others_by_samples() -> None:
    write(*gauges(key(), *range(48), step_ms=HOUR_MS // 4))
    seal_until(START_MS + DAY_MS)
    MetricChunk.objects.filter(resolution=Resolution.RAW, start=START_MS).delete()
    (frame,) = fine(Series.objects.all(), START_MS, START_MS + DAY_MS).values()
    assert frame.counts.tolist() == [4] * 6 + [1] * 24
    assert frame.value.tolist() == [3, 7, 11, 15, 19, 23, *range(24, 48)]


def test_a_series_that_ended_long_ago_has_hours_beside_one_that_goes_on() -> None:
    write(*gauges(key(ward="gone"), *[2] * 8, step_ms=HOUR_MS // 4), *gauges(key(ward="here"), 1, step_ms=1))
    seal_until(START_MS + DAY_MS)
    MetricChunk.objects.filter(resolution=Resolution.RAW, series__tags={"ward": "gone"}).delete()
    found = series.points("beds", START_MS, START_MS + DAY_MS)
    assert [(one.tags["ward"], one.values) for one in found] == [("gone", [2, 2]), ("here", [1])]


def test_a_late_sample_is_answered_before_it_is_sealed_and_after() -> None:
    write(*gauges(key(), 1, 2, step_ms=60_000))
    seal_until(START_MS + DAY_MS)
    write(Sample(key(), START_MS + 30_000, 7))
    for _ in range(2):
        (found,) = series.points("beds", START_MS, START_MS + HOUR_MS)
        assert found.values == [1, 7, 2]
        seal_until(START_MS + DAY_MS)


def test_a_gap_stays_a_gap() -> None:
    write(*gauges(key(), 1, 2), *gauges(key(), 3, from_ms=START_MS + 30 * DAY_MS))
    seal_until(START_MS + 40 * DAY_MS)
    (found,) = series.ranges("beds", from_ms(START_MS), from_ms(START_MS + 31 * DAY_MS), timedelta(days=1))
    assert ((found.at_ms - START_MS) // DAY_MS).tolist() == [0, 30]


def test_a_window_is_too_large_with_its_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MOST_ROWS", 30)
    write(*gauges(key(), *range(40)), *gauges(key(name="few"), 1))
    seal_until(START_MS + 300_000)
    with pytest.raises(series.WindowTooLarge, match="more than 30 snapshots"):
        series.stretches(["beds", "few"], START_MS - 1, START_MS + DAY_MS)
    assert series.too_large(["beds", "few"], START_MS - 1, START_MS + DAY_MS) == {"beds": 40}


@pytest.mark.parametrize("until", [0, HOUR_MS, DAY_MS])
def test_timings_that_the_database_adds_up_have_the_calls_of_their_chunks(until: int) -> None:
    of = key(Kind.TIMING, "t_seconds", ward="a"), key(Kind.TIMING, "t_seconds", ward="b")
    for name in of:
        write(*(timing(name, START_MS + n * HOUR_MS // 4, 0.1 * n + 0.1, 3.0) for n in range(8)))
    write(timing(of[0], START_MS + 3 * HOUR_MS, 9.0))
    seal_until(START_MS + until)
    found = series.stretches(["t_seconds"], START_MS, START_MS + DAY_MS, joined=["t_seconds"])
    assert [one.tags["ward"] for one in found] == ["a", "b"]
    assert [series.merged(one.rows).count for one in found] == [15, 14]


def test_the_usual_step_of_a_series_that_fell_silent_is_known_from_its_chunk() -> None:
    write(*gauges(key(), *range(20), step_ms=10_000))
    seal_until(START_MS + DAY_MS)
    assert not MetricSnapshot.objects.exists()
    assert series.usual_step_ms(Series.objects.get().fingerprint) == 10_000


def test_a_chart_of_weeks_is_drawn_from_hours_and_its_spikes_survive() -> None:
    samples = gauges(key(), *[10.0] * 600, step_ms=HOUR_MS // 2)
    write(*samples, Sample(key(), START_MS + 7 * HOUR_MS + 1, 99), Sample(key(), START_MS + 9 * HOUR_MS + 1, -5))
    seal_until(START_MS + 40 * DAY_MS)
    drop_samples()
    (found,) = series.points("beds", START_MS, START_MS + 30 * DAY_MS)
    assert (max(found.values), min(found.values), len(found.values)) == (99, -5, 302)
