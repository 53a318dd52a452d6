from datetime import timedelta

import pytest

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.keeping.reopening import NotReopened, reopen
from monitoring.models import MetricChunk, MetricSnapshot, Resolution, Series
from monitoring.samples import Sample
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, write

pytestmark = pytest.mark.django_db
START = from_ms(START_MS)
HOUR = timedelta(hours=1)


def seal(hours: float) -> None:
    list(sealing.seal(START + hours * HOUR, timedelta(0)))


def raw() -> MetricChunk:
    return MetricChunk.objects.filter(resolution=Resolution.RAW).earliest("start")


def highest(hours: float = 24) -> float:
    (found,) = series.ranges("beds", START, START + hours * HOUR, HOUR)
    return float(found.maximum.max())


def test_a_sample_is_corrected_and_its_hour_with_it() -> None:
    write(
        *gauges(key(), 1, 900, 3, from_ms=START_MS, step_ms=60_000), *gauges(key(), 5, from_ms=START_MS + 9 * HOUR_MS)
    )
    seal(24)
    assert reopen(raw().pk, START + 26 * HOUR) == 3
    MetricSnapshot.objects.filter(value=900).update(value=9, edited=True)
    assert highest() == 9
    seal(25)
    assert MetricSnapshot.objects.count() == 3  # as somebody may still be at it
    seal(26.5)
    assert not MetricSnapshot.objects.exists()
    assert highest() == 9
    hours = MetricChunk.objects.get(resolution=Resolution.HOURLY)
    assert (hours.samples, hours.count, hours.total, hours.maximum) == (2, 4, 18, 9)


def test_what_it_held_comes_back_as_it_was() -> None:
    write(*gauges(key(), 1, 2), Sample(key(), START_MS + 7, 3, 2, 6, 1, 5))
    before = sorted(MetricSnapshot.objects.values_list("at", "value", "count", "total", "minimum", "maximum"))
    seal(24)
    reopen(raw().pk, START)
    after = sorted(MetricSnapshot.objects.values_list("at", "value", "count", "total", "minimum", "maximum"))
    assert after == before
    assert not MetricChunk.objects.exists()
    assert Series.objects.get().open_until == START


def test_where_hours_hold_more_than_the_samples_it_stays_closed() -> None:
    write(*gauges(key(), 1, 2))
    seal(24)
    raw().delete()  # retention
    write(*gauges(key(), 3))
    seal(25)
    with pytest.raises(NotReopened, match="past their retention"):
        reopen(raw().pk, START)
    assert raw().samples == 1


def test_hours_stay_closed() -> None:
    write(*gauges(key(), 1))
    seal(24)
    with pytest.raises(NotReopened, match="only samples can be corrected"):
        reopen(MetricChunk.objects.get(resolution=Resolution.HOURLY).pk, START)
