from datetime import timedelta

import pytest

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping.blocks import HOUR_MS
from monitoring.kinds import Kind
from monitoring.samples import Sample
from tests.monitoring.keeping.frames import START_MS, gauges, key, timing, write
from tests.monitoring.keeping.settling import WAYS, seal, settle

pytestmark = pytest.mark.django_db
START = from_ms(START_MS)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(params=WAYS)
def kept_as(request: pytest.FixtureRequest) -> str:
    """How samples are kept when they are asked for."""
    found: str = request.param
    return found


def test_a_range_has_what_each_step_comes_to(kept_as: str) -> None:
    write(*gauges(key(), 1, 2, 6, 5, step_ms=HOUR_MS // 2), *gauges(key(), 7, from_ms=START_MS + 5 * HOUR_MS))
    settle(kept_as)
    (found,) = series.ranges("beds", START, START + 6 * HOUR, HOUR)
    assert ((found.at_ms - START_MS) // HOUR_MS).tolist() == [0, 1, 5]
    assert found.value.tolist() == [2, 5, 7]
    assert (found.count.tolist(), found.total.tolist()) == ([2, 2, 1], [3, 11, 7])
    assert (found.minimum.tolist(), found.maximum.tolist()) == ([1, 5, 7], [2, 6, 7])
    assert found.mean.tolist() == [1.5, 5.5, 7]


def test_a_step_of_a_counter_is_its_increase_and_has_a_rate(kept_as: str) -> None:
    write(*(Sample(key(Kind.COUNTER, "events_total"), START_MS + n * HOUR_MS // 4, 9) for n in range(8)))
    settle(kept_as)
    (found,) = series.ranges("events_total", START, START + 2 * HOUR, HOUR)
    assert (found.value.tolist(), found.rate.tolist()) == ([36, 36], [0.01, 0.01])


def test_a_range_is_a_frame_of_pandas() -> None:
    write(*gauges(key(), 1, 3, step_ms=60_000))
    (found,) = series.ranges("beds", START, START + HOUR, MINUTE)
    frame = found.pandas()
    assert frame.index.tolist() == [START, START + MINUTE]
    assert frame["mean"].tolist() == [1, 3]


def test_without_a_step_a_range_has_no_more_than_a_chart_can_show() -> None:
    write(*gauges(key(), *range(4000)))
    (found,) = series.ranges("beds", START, START + 4000 * 15 * timedelta(seconds=1))
    assert 1000 < len(found.at_ms) <= 1500
    assert found.count.sum() == 4000


def test_quantiles_of_a_timing_by_the_step() -> None:
    write(*(timing(key(Kind.TIMING, "t_seconds"), START_MS + n * HOUR_MS, *[float(n + 1)] * 9) for n in range(3)))
    seal()
    ((about, at_ms, found),) = series.quantile_ranges("t_seconds", 0.95, START, START + DAY, HOUR)
    assert about.kind == Kind.TIMING
    assert (((at_ms - START_MS) // HOUR_MS).tolist(), found.tolist()) == ([0, 1, 2], [1, 2, 3])


def test_steps_of_hours_lie_on_the_clock_whatever_the_start(kept_as: str) -> None:
    write(*gauges(key(Kind.COUNTER, "hits_total"), *[60.0] * (24 * 60), step_ms=60_000))
    settle(kept_as)
    (found,) = series.ranges("hits_total", START + 2.6 * HOUR, START + 8 * HOUR - MINUTE, HOUR)
    assert ((found.at_ms - START_MS) / HOUR_MS).tolist() == [2, 3, 4, 5, 6, 7]
    assert (found.value.tolist(), found.rate.tolist()) == ([3600] * 6, [1] * 6)


def test_quantiles_by_the_hour_lie_on_the_clock_too(kept_as: str) -> None:
    write(*(timing(key(Kind.TIMING, "t_seconds"), START_MS + n * HOUR_MS // 4, n // 4 + 1.0) for n in range(24)))
    settle(kept_as)
    ((_, at_ms, found),) = series.quantile_ranges("t_seconds", 0.5, START + 2.6 * HOUR, START + 5 * HOUR - MINUTE, HOUR)
    assert (((at_ms - START_MS) / HOUR_MS).tolist(), found.tolist()) == ([2, 3, 4], [3, 4, 5])


@pytest.mark.parametrize("step", [timedelta(0), -MINUTE])
def test_a_step_that_takes_no_time_is_refused(step: timedelta) -> None:
    with pytest.raises(series.Unanswerable, match="longer than nothing"):
        series.ranges("beds", START, START + HOUR, step)
    with pytest.raises(series.Unanswerable, match="longer than nothing"):
        series.quantile_ranges("beds", 0.5, START, START + HOUR, step)


def test_one_series_is_asked_for_by_all_of_its_tags() -> None:
    write(*gauges(key(ward="a"), 1), *gauges(key(ward="a", bed="1"), 2))
    found = series.range_of("beds", {"ward": "a"}, START, START + HOUR, MINUTE)
    assert found is not None
    assert (found.tags, found.value.tolist()) == ({"ward": "a"}, [1])
    assert series.range_of("beds", {"bed": "1"}, START, START + HOUR, MINUTE) is None
    assert series.range_of("beds", {"ward": "a"}, START + DAY, START + 2 * DAY, MINUTE) is None
