"""Window functions over stored snapshots; figures beside Prometheus' are in test_windows_beside_prometheus.py."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.conditions import ConditionBroken, Truth, cycle_facts, health_facts, parse
from alerts.windows import Windows, spans_of
from monitoring import series
from monitoring.clock import to_ms
from monitoring.models import Kind, MetricSnapshot
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage
from tests.alerts.windows import NOW, answer, of, store, store_calls

pytestmark = pytest.mark.django_db


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


def test_a_counters_intervals_are_compared_by_their_increments_and_not_by_what_each_summed_up() -> None:
    key = SeriesKey("hits_total", (), Kind.COUNTER)
    Storage().write(
        [
            Sample(key, to_ms(NOW) - 1000, 6.0, count=3, total=6.0, minimum=1.0, maximum=3.0),
            Sample(key, to_ms(NOW), 2.0, count=1, total=2.0, minimum=2.0, maximum=2.0),
        ],
        to_ms(NOW),
    )
    for function, expected in (("avg", 4.0), ("min_over_time", 2.0), ("max_over_time", 6.0)):
        assert answer(f"{function}('hits_total', '5m')") == expected


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


def test_what_one_question_did_not_need_is_read_for_the_next() -> None:
    key = SeriesKey("batch", (), Kind.GAUGE)
    Storage().write([Sample(key, to_ms(NOW), 9.0, count=3, total=12.0, minimum=1.0, maximum=9.0)], to_ms(NOW))
    windows = Windows(to_ms(NOW))
    facts = cycle_facts(timestamp=NOW.timestamp(), windows=windows)
    for call, expected in (("p50", 9.0), ("avg", 4.0), ("min_over_time", 1.0), ("last_over_time", 9.0)):
        (question,) = parse(f"{call}('batch', '5m') > 0").questions
        assert windows.read(question, facts) == expected


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
    store("m", [1.0] * 30)
    monkeypatch.setattr("monitoring.windows.MOST_ROWS", 10)
    with pytest.raises(ConditionBroken, match="m has 30 snapshots in the window, which is too much; shorten"):
        parse("avg('m', '1h') > 0").verdict(cycle_facts(timestamp=NOW.timestamp(), windows=Windows(to_ms(NOW))))


def test_one_metric_that_is_too_large_breaks_no_other_and_is_not_read_for_each_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store("big", [1.0] * 30)
    for name in ("a", "b", "c"):
        store(name, [2.0] * 3)
    monkeypatch.setattr("monitoring.windows.MOST_ROWS", 10)
    conditions = {name: parse(f"avg('{name}', '1h') > 1") for name in ("big", "a", "b", "c")}
    windows = Windows(to_ms(NOW), spans_of(question for one in conditions.values() for question in one.questions))
    facts = cycle_facts(timestamp=NOW.timestamp(), windows=windows)
    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            assert all(conditions[name].verdict(facts) is Truth.TRUE for name in ("a", "b", "c"))
            with pytest.raises(ConditionBroken):
                conditions["big"].verdict(facts)
    assert sum(MetricSnapshot._meta.db_table in query["sql"] for query in queries) == 3  # too much, how much, the rest


def test_of_metrics_that_are_too_large_together_the_smaller_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    store("small", [1.0] * 3)
    store("large", [1.0] * 8)
    store_calls([[0.1]] * 4)
    monkeypatch.setattr("monitoring.windows.MOST_ROWS", 10)
    monkeypatch.setattr("monitoring.windows.MOST_TIMINGS", 3)
    bounds = to_ms(NOW) - 3_600_000, to_ms(NOW)
    names = ("small", "large", "db_query_duration_seconds")
    assert series.too_large(names, *bounds) == {"large": 8, "db_query_duration_seconds": 4}
    with pytest.raises(series.WindowTooLarge, match="more than 3 snapshots"):
        series.stretches(("small", "db_query_duration_seconds"), *bounds)
