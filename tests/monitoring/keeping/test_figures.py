from datetime import timedelta

import numpy as np
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


FIGURES = {"avg": 3.5, "min": 1, "max": 6, "sum": 14, "count": 4, "last": 5, "increase": 4, "rate": 4 / 86400}


@pytest.mark.parametrize(("function", "expected"), FIGURES.items())
def test_figures_of_a_gauge(function: str, expected: float) -> None:
    write(*gauges(key(), 1, 2, 6, 5, step_ms=HOUR_MS))
    seal()
    (answer,) = series.window(function, "beds", START, START + DAY)
    assert answer.value == pytest.approx(expected)


@pytest.mark.parametrize(("function", "expected"), {"increase": 12, "rate": 12 / 86400, "avg": 3, "sum": 12}.items())
def test_figures_of_a_counter(function: str, expected: float, kept_as: str) -> None:
    write(*(Sample(key(Kind.COUNTER, "events_total"), START_MS + n * HOUR_MS, 3) for n in range(4)))
    settle(kept_as)
    (answer,) = series.window(function, "events_total", START, START + DAY)
    assert answer.value == pytest.approx(expected)


@pytest.mark.parametrize(("function", "expected"), {"count": 200, "avg": 0.505, "increase": 200, "max": 1.0}.items())
def test_figures_of_a_timing_are_of_its_calls(function: str, expected: float, kept_as: str) -> None:
    calls = np.linspace(0.01, 1, 100).tolist()
    write(*(timing(key(Kind.TIMING, "t_seconds"), START_MS + hour * HOUR_MS, *calls) for hour in range(2)))
    settle(kept_as)
    (answer,) = series.window(function, "t_seconds", START, START + DAY)
    assert answer.value == pytest.approx(expected)


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_a_quantile_of_a_timing_is_of_all_its_calls(share: float, kept_as: str) -> None:
    calls = np.random.default_rng(3).lognormal(-2, 1, 3000)
    for number, part in enumerate(np.split(calls, 30)):
        write(timing(key(Kind.TIMING, "t_seconds"), START_MS + number * HOUR_MS // 3, *part.tolist()))
    settle(kept_as)
    (answer,) = series.window("quantile", "t_seconds", START, START + DAY, share=share)
    assert answer.value == pytest.approx(np.quantile(calls, share), rel=0.03)


def test_a_quantile_of_a_gauge_is_of_its_samples() -> None:
    write(*gauges(key(), *range(101)))
    seal()
    (answer,) = series.window("quantile", "beds", START, START + DAY, share=0.9)
    assert answer.value == 90


def test_an_unknown_function_is_refused_with_those_there_are() -> None:
    with pytest.raises(series.UnknownFunction, match="no function median; there are avg min max"):
        series.window("median", "beds", START, START + DAY)


def test_the_highest_come_first() -> None:
    for ward, value in (("a", 1), ("b", 9), ("c", 5)):
        write(*gauges(key(ward=ward), value))
    found = series.top("max", "beds", START, START + DAY, most=2)
    assert [(answer.about.tags["ward"], answer.value) for answer in found] == [("b", 9), ("c", 5)]


def test_a_span_is_compared_with_an_earlier_one() -> None:
    write(*gauges(key(ward="a"), 10), *gauges(key(ward="a"), 15, from_ms=START_MS + 7 * 24 * HOUR_MS))
    write(*gauges(key(ward="new"), 1, from_ms=START_MS + 7 * 24 * HOUR_MS), *gauges(key(ward="gone"), 2))
    seal()
    found = series.compare("avg", "beds", START + 7 * DAY, START + 7 * DAY + HOUR, timedelta(days=7))
    said = {one.about.tags["ward"]: (one.value, one.earlier, one.change, one.ratio) for one in found}
    assert said == {"a": (15, 10, 5, 1.5), "new": (1, None, None, None), "gone": (None, 2, None, None)}


@pytest.mark.parametrize("hours", [11.99, 12, 13])
def test_a_gauge_has_changed_since_its_first_sample_however_long_the_span(hours: float) -> None:
    write(*gauges(key(), *range(13 * 60), step_ms=60_000))
    seal()
    (answer,) = series.window("increase", "beds", START, START + hours * HOUR)
    assert answer.value == min(int(hours * 60), 779)


def test_the_last_increase_of_a_counter_is_that_of_its_last_sample_however_long_the_span() -> None:
    write(*gauges(key(Kind.COUNTER, "hits_total"), *[2.0] * 24, step_ms=HOUR_MS // 2))
    seal()
    (answer,) = series.window("last", "hits_total", START, START + DAY)
    assert answer.value == 2


def test_a_rate_needs_a_span() -> None:
    write(*gauges(key(), 1))
    with pytest.raises(series.Unanswerable, match="no rate of no time"):
        series.window("rate", "beds", START, START)
    assert [answer.value for answer in series.window("avg", "beds", START, START)] == [1]


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(series.Unanswerable, match="ends before it begins"):
        series.window("avg", "beds", START + HOUR, START)
    with pytest.raises(series.Unanswerable, match="ends before it begins"):
        series.ranges("beds", START + HOUR, START, MINUTE)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_between_nothing_and_all(share: float) -> None:
    with pytest.raises(series.Unanswerable, match="from 0 to 1"):
        series.window("quantile", "beds", START, START + HOUR, share=share)
