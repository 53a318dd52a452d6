from datetime import timedelta

import numpy as np
import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.keeping.blocks import HOUR_MS
from monitoring.kinds import Kind
from monitoring.models import Metric, MetricChunk, Resolution
from monitoring.samples import Sample
from tests.monitoring.keeping.frames import START_MS, gauges, key, timing, write

pytestmark = pytest.mark.django_db
START = from_ms(START_MS)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def seal() -> None:
    list(sealing.seal(START + 60 * DAY, timedelta(0)))


@pytest.fixture(params=["rows", "chunks", "hours"])
def kept_as(request: pytest.FixtureRequest) -> str:
    """How samples are kept when they are asked for."""
    found: str = request.param
    return found


def settle(kept_as: str) -> None:
    if kept_as != "rows":
        seal()
    if kept_as == "hours":
        MetricChunk.objects.filter(resolution=Resolution.RAW).delete()


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


def test_tags_narrow_a_range_to_one_series_or_some() -> None:
    for ward, floor in (("a", "1"), ("b", "1"), ("c", "2")):
        write(*gauges(key(ward=ward, floor=floor), 1))
    assert len(series.ranges("beds", START, START + HOUR, MINUTE)) == 3
    assert len(series.ranges("beds", START, START + HOUR, MINUTE, {"floor": "1"})) == 2
    (found,) = series.ranges("beds", START, START + HOUR, MINUTE, {"ward": "b", "floor": "1"})
    assert found.tags == {"ward": "b", "floor": "1"}
    assert series.ranges("beds", START, START + HOUR, MINUTE, {"ward": "x"}) == []


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


def test_quantiles_of_a_timing_by_the_step() -> None:
    write(*(timing(key(Kind.TIMING, "t_seconds"), START_MS + n * HOUR_MS, *[float(n + 1)] * 9) for n in range(3)))
    seal()
    ((about, at_ms, found),) = series.quantile_ranges("t_seconds", 0.95, START, START + DAY, HOUR)
    assert about.kind == Kind.TIMING
    assert (((at_ms - START_MS) // HOUR_MS).tolist(), found.tolist()) == ([0, 1, 2], [1, 2, 3])


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


def test_series_are_found_by_words_in_name_help_and_tags() -> None:
    write(*gauges(key(ward="Ärzte"), 1), *gauges(key(name="load", ward="b"), 1, from_ms=START_MS + 5))
    Metric.objects.filter(name="load").update(help="Work that waits.")
    assert [one.tags["ward"] for one in series.search("BED ärz")] == ["Ärzte"]
    assert [one.metric for one in series.search("waits")] == ["load"]
    assert [one.metric for one in series.search("ward=")] == ["load", "beds"]  # heard of last, first
    assert series.search("ward=", most=1)[0].metric == "load"
    assert series.search("beds waits") == []


def test_answers_are_a_table_of_pandas() -> None:
    write(*gauges(key(ward="a"), 1))
    table = series.table(series.window("avg", "beds", START, START + DAY))
    assert table.to_dict("records") == [{"ward": "a", "metric": "beds", "value": 1.0}]


def test_latest_is_only_of_series_that_have_a_value() -> None:
    write(*gauges(key(ward="a"), 1, 4))
    (found,) = series.latest("beds")
    assert (found.value, found.tags, found.at_ms) == (4, {"ward": "a"}, START_MS + 15_000)
    assert series.latest("beds", since_ms=START_MS + 15_001) == []


class RolledBack(Exception):
    """Ends an example of hypothesis; its rows go."""


def sums(values: list[float]) -> dict[str, float]:
    return {"sum": sum(values), "count": len(values), "min": min(values), "max": max(values)}


@given(
    st.lists(st.tuples(st.integers(0, 4 * 24 * HOUR_MS), st.integers(-1000, 1000)), min_size=1, max_size=30),
    st.tuples(st.integers(0, 4 * 24), st.integers(0, 4 * 24)),
    st.integers(0, 4 * 24),
)
@settings(deadline=None, max_examples=40, derandomize=True)
def test_both_engines_answer_what_plain_arithmetic_does(
    samples: list[tuple[int, int]], span: tuple[int, int], sealed_until: int
) -> None:
    """The same examples on each of them, since they are not drawn at random."""
    start, end = START + min(span) * HOUR, START + max(span) * HOUR
    expected = [float(value) for at, value in samples if min(span) * HOUR_MS <= at <= max(span) * HOUR_MS]
    with pytest.raises(RolledBack), transaction.atomic():
        write(*(Sample(key(), START_MS + at, value) for at, value in samples))
        list(sealing.seal(START + (sealed_until + 1) * HOUR, timedelta(0)))
        for function, value in sums(expected).items() if expected else ():
            (answer,) = series.window(function, "beds", start, end)
            assert answer.value == value
        for step in (HOUR, 7 * MINUTE, DAY):
            found = series.ranges("beds", start, end, step)
            assert sum(int(one.count.sum()) for one in found) == len(expected)
            assert sum(float(one.total.sum()) for one in found) == sum(expected)
        raise RolledBack
