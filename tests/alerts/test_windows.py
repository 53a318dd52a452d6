"""Window functions over stored snapshots; figures beside Prometheus' are in test_windows_beside_prometheus.py."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.conditions import Facts, Truth, cycle_facts, health_facts, metric_facts, parse
from alerts.windows import Windows, spans_of
from monitoring.clock import to_ms
from monitoring.models import Kind, MetricSnapshot
from monitoring.samples import Sample, SeriesKey, sorted_tags
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def store(
    name: str, values: list[float], kind: Kind = Kind.GAUGE, step: int = 60, ends_before: int = 0, **tags: str
) -> None:
    """Values a step apart, the last of them now, or that many seconds before."""
    key = SeriesKey(name, sorted_tags(tags), kind)
    first = NOW - timedelta(seconds=step * (len(values) - 1) + ends_before)
    times = [to_ms(first + timedelta(seconds=step * index)) for index in range(len(values))]
    Storage().write([Sample(key, at, value) for at, value in zip(times, values, strict=True)])


def answer(call: str, facts: Facts | None = None) -> float | None:
    (question,) = parse(f"{call} > 0").questions
    windows = Windows(to_ms(NOW))
    return windows.read(question, facts or cycle_facts(timestamp=NOW.timestamp(), windows=windows))


def of(name: str, **tags: str) -> Facts:
    return metric_facts(name=name, value=0.0, timestamp=NOW.timestamp(), tags=tags)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("avg('m', '5m')", 3.6),
        ("min_over_time('m', '5m')", 1),
        ("max_over_time('m', '5m')", 7),
        ("sum_over_time('m', '5m')", 18),
        ("count_over_time('m', '5m')", 5),
        ("last_over_time('m', '5m')", 5),
        ("stddev_over_time('m', '5m')", 2.1540659),
        ("p50('m', '5m')", 3),
        ("p90('m', '5m')", 6.2),
        ("quantile_over_time(0, 'm', '5m')", 1),
        ("quantile_over_time(1, 'm', '5m')", 7),
        ("avg('m', '2m', offset='1m')", 4.5),
        ("max_over_time('m', '1h')", 100),
    ],
)
def test_a_window_of_a_gauge(call: str, expected: float) -> None:
    store("m", [100, 1, 3, 2, 7, 5])
    assert answer(call) == pytest.approx(expected)


def test_the_start_of_a_window_is_left_out_and_its_end_counts() -> None:
    store("m", [1, 2, 3])
    assert answer("count_over_time('m', '2m')") == 2


def test_nothing_in_the_window_is_no_answer() -> None:
    store("m", [1, 2, 3])
    assert answer("avg('m', '1m', offset='1h')") is None
    assert answer("avg('nobody', '1h')") is None


def test_increases_of_counters_are_summed_and_not_extrapolated() -> None:
    store("hits_total", [5, 0, 7], Kind.COUNTER, host="a")
    store("hits_total", [1, 1, 1], Kind.COUNTER, host="b")
    assert answer("increase('hits_total', '10m')") == 15
    assert answer("rate('hits_total', '10m')") == pytest.approx(15 / 600)
    assert answer("increase('hits_total', '10m', host='b')") == 3


def test_a_timing_counts_calls_and_averages_over_them() -> None:
    key = SeriesKey("db_query_duration_seconds", (), Kind.TIMING)
    Storage().write(
        [
            Sample(key, to_ms(NOW) - 1000, 4.0, count=2, total=6.0, minimum=2.0, maximum=4.0),
            Sample(key, to_ms(NOW), 1.0, count=2, total=1.5, minimum=0.5, maximum=1.0),
        ]
    )
    assert answer("avg('db_query_duration_seconds', '5m')") == pytest.approx(7.5 / 4)
    assert answer("count_over_time('db_query_duration_seconds', '5m')") == 4
    assert answer("min_over_time('db_query_duration_seconds', '5m')") == 0.5
    assert answer("sum_over_time('db_query_duration_seconds', '5m')") == 7.5
    assert answer("rate('db_query_duration_seconds', '5m')") == pytest.approx(4 / 300)


def test_a_line_through_the_window_tells_slope_and_future() -> None:
    store("disk", [10, 12, 14, 16])
    assert answer("deriv('disk', '5m')") == pytest.approx(2 / 60)
    assert answer("predict_linear('disk', '5m', '1h')") == pytest.approx(16 + 120)
    assert answer("deriv('disk', '1m')") is None


def test_the_subjects_own_series_is_looked_at_when_the_metric_is_its_own() -> None:
    store("cpu", [10, 10], host="a")
    store("cpu", [90, 90], host="b")
    assert answer("avg('cpu', '5m')", of("cpu", host="b")) == 90
    assert answer("avg('cpu', '5m')") == 50


def test_another_metric_is_looked_at_where_the_tags_both_have_agree() -> None:
    store("cpu", [10], host="a")
    store("cpu", [90], host="b")
    store("limit", [80], host="b", zone="x")
    assert answer("max_over_time('cpu', '5m')", of("limit", host="a", zone="x")) == 10
    assert answer("max_over_time('cpu', '5m')", of("other", rack="7")) == 90
    assert answer("max_over_time('cpu', '5m')", health_facts(name="cpu", status="healthy", timestamp=0)) == 90


def test_tags_in_the_call_lead_away_from_the_subject() -> None:
    store("cpu", [10], host="a", env="prod")
    store("cpu", [90], host="a", env="test")
    assert answer("avg('cpu', '5m', env='test')", of("cpu", host="a", env="prod")) == 90


def test_a_span_is_read_once_for_all_rules_that_share_it() -> None:
    for name in ("a", "b", "c"):
        store(name, [1, 2, 3])
    conditions = [parse(f"avg('{name}', '5m') > 1 and max_over_time('{name}', '5m') < 9") for name in ("a", "b", "c")]
    windows = Windows(to_ms(NOW), spans_of(question for one in conditions for question in one.questions))
    facts = cycle_facts(timestamp=NOW.timestamp(), windows=windows)
    with CaptureQueriesContext(connection) as queries:
        assert all(condition.verdict(facts) is Truth.TRUE for condition in conditions)
    assert sum(MetricSnapshot._meta.db_table in query["sql"] for query in queries) == 1


def test_the_guides_comparison_of_now_with_the_hour_before() -> None:
    condition = parse("avg('cpu_usage_percent', '5m') > 1.4 * avg('cpu_usage_percent', '1h')")
    store("cpu_usage_percent", [20.0] * 55 + [80.0] * 5)
    windows = Windows(to_ms(NOW), spans_of(condition.questions))
    assert condition.verdict(cycle_facts(timestamp=NOW.timestamp(), windows=windows)) is Truth.TRUE


def test_a_window_that_holds_too_much_breaks_its_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.conditions import ConditionBroken
    from monitoring import series, windows

    store("m", [1.0] * 30)
    monkeypatch.setattr(series, "stretches", lambda *asked: windows.stretches(*asked, most=10))
    reader = Windows(to_ms(NOW))
    with pytest.raises(ConditionBroken, match="more than 10 snapshots"):
        parse("avg('m', '1h') > 0").verdict(cycle_facts(timestamp=NOW.timestamp(), windows=reader))
