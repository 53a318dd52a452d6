from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.keeping.forgetting import delete_old_chunks
from monitoring.models import Hold, Metric, MetricChunk, MetricSnapshot, Resolution, Series
from monitoring.retention import delete_old_snapshots
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


def test_rows_that_are_held_are_spared_too() -> None:
    write(*gauges(key(), 1, 2))
    of = Series.objects.get()
    series.hold("alert", {"12": series.Needed(of.fingerprint, START, START + timedelta(seconds=1))})
    assert delete_old_snapshots(START + 60 * DAY, 45 * DAY) == 1
    assert MetricSnapshot.objects.get().value == 1


def test_holding_the_same_again_changes_nothing_and_other_owners_stay() -> None:
    of = sealed()
    needed = series.Needed(of.fingerprint, START)
    series.hold("report", {"weekly": needed})
    for _ in range(2):
        series.hold("alert", {"1": needed, "2": series.Needed("0" * 32, START)})
    assert sorted(Hold.objects.values_list("reason", flat=True)) == ["alert 1", "report weekly"]
    series.hold("alert", {"1": series.Needed(of.fingerprint, START, START + DAY)})
    assert Hold.objects.get(reason="alert 1").end == START_MS + 24 * HOUR_MS
