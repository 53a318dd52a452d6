from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.keeping.forgetting import delete_old_chunks
from monitoring.keeping.reading import coarse
from monitoring.keeping.reopening import reopen
from monitoring.models import Metric, MetricChunk, MetricSnapshot, Resolution, Series
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, write

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
START = from_ms(START_MS)


def sealed(name: str = "beds", blocks: int = 1) -> Series:
    """A sample at the beginning of each block, packed."""
    write(*gauges(key(name=name), *range(blocks), step_ms=6 * HOUR_MS))
    list(sealing.seal(START + timedelta(days=30), timedelta(0)))
    return Series.objects.get(metric__name=name)


def kept(resolution: Resolution = Resolution.RAW) -> list[int]:
    """Where the blocks that are there begin, in hours."""
    starts = MetricChunk.objects.filter(resolution=resolution).order_by("start").values_list("start", flat=True)
    return [(start - START_MS) // HOUR_MS for start in starts]


def test_samples_are_kept_for_45_days_and_hours_for_two_years() -> None:
    sealed()
    assert delete_old_chunks(START + 45 * DAY + timedelta(hours=5.9)) == 0
    assert delete_old_chunks(START + 45 * DAY + timedelta(hours=6.1)) == 1
    assert (kept(), kept(Resolution.HOURLY)) == ([], [0])
    assert delete_old_chunks(START + 740 * DAY - timedelta(hours=1)) == 0
    assert delete_old_chunks(START + 740 * DAY + timedelta(hours=1)) == 1
    assert kept(Resolution.HOURLY) == []


def test_the_environment_says_how_long_everything_is_kept(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, metrics_retention_hours=24, hourly_retention_days=2)
    sealed()
    assert delete_old_chunks(START + 1.3 * DAY) == 1
    assert delete_old_chunks(START + 12.1 * DAY) == 1


def test_people_say_it_for_a_metric() -> None:
    sealed("short")
    sealed("long")
    Metric.objects.filter(name="short").update(raw_days=1, hourly_days=3)
    Metric.objects.filter(name="long").update(raw_days=1000)
    assert delete_old_chunks(START + 740.5 * DAY) == 2
    assert set(MetricChunk.objects.values_list("series__metric__name", flat=True)) == {"long"}
    assert MetricChunk.objects.count() == 2  # hours are kept no shorter than samples


def test_a_step_is_bounded() -> None:
    sealed(blocks=5)
    assert [delete_old_chunks(START + 60 * DAY, step=2) for _ in range(4)] == [2, 2, 1, 0]


def test_what_is_held_is_spared_as_long_as_it_is() -> None:
    of = sealed(blocks=4)
    needed = series.Needed(of.fingerprint, START + timedelta(hours=6), START + timedelta(hours=7))
    series.hold("alert", {"12": needed})
    delete_old_chunks(START + 60 * DAY)
    assert kept() == [6]
    series.hold("alert", {})
    delete_old_chunks(START + 60 * DAY)
    assert kept() == []


def test_a_hold_without_an_end_spares_whatever_comes() -> None:
    of = sealed(blocks=4)
    series.hold("alert", {"12": series.Needed(of.fingerprint, START + timedelta(hours=12))})
    delete_old_chunks(START + 60 * DAY)
    assert kept() == [12, 18]


def counted(hours: float) -> int:
    """Samples that the hours know, up to so many after the start."""
    frames = coarse(Series.objects.all(), START_MS, START_MS + round(hours * HOUR_MS) - 1)
    return sum(int(frame.counts.sum()) for frame in frames.values())


def test_what_is_reopened_past_its_retention_comes_back_into_its_hours() -> None:
    of = sealed(blocks=1)
    write(*gauges(key(), *range(60), step_ms=HOUR_MS // 10))
    list(sealing.seal(START + DAY, timedelta(0)))
    assert counted(6) == 61
    series.hold("alert", {"1": series.Needed(of.fingerprint, START, START + timedelta(hours=1))})
    later = START + 46 * DAY
    reopen(MetricChunk.objects.get(resolution=Resolution.RAW).pk, later + timedelta(hours=1))
    while delete_old_chunks(later):
        pass
    assert MetricSnapshot.objects.count() == 61
    series.hold("alert", {})
    list(sealing.seal(later + timedelta(hours=2), timedelta(0)))
    assert delete_old_chunks(later) == 1
    assert (kept(), kept(Resolution.HOURLY), counted(6)) == ([], [0], 61)


def test_hours_outlive_samples_however_short_those_are_kept(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, metrics_retention_hours=3)
    write(*gauges(key(), *range(720), step_ms=60_000))
    for minutes in range(0, 48 * 60, 60):
        now = START + timedelta(minutes=minutes)
        delete_old_chunks(now)
        list(sealing.seal(now))
        delete_old_chunks(now)
    assert (kept(), counted(12)) == ([], 720)


def test_at_the_shortest_retention_an_alert_has_time_to_hold_what_was_before_it(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, metrics_retention_hours=3)
    write(*gauges(key(), 1, from_ms=START_MS + 6 * HOUR_MS - 1))  # the last of its block
    list(sealing.seal(START + timedelta(hours=8), timedelta(0)))
    opened_at = START + timedelta(hours=7) - timedelta(milliseconds=1)
    assert delete_old_chunks(opened_at + timedelta(hours=1)) == 0  # holds are written once an hour
    needed = series.Needed(Series.objects.get().fingerprint, opened_at - timedelta(hours=1))
    series.hold("alert", {"1": needed})
    assert delete_old_chunks(START + 40 * DAY) == 0
    assert kept() == [0]


def test_metrics_of_many_retentions_are_asked_for_together(django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        sealed(f"m{number}")
    Metric.objects.filter(name__in=["m1", "m2"]).update(raw_days=1)
    with django_assert_max_num_queries(12):
        assert delete_old_chunks(START + 2 * DAY) == 2
