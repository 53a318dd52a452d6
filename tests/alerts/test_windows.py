"""Window functions over stored snapshots; figures beside Prometheus' are in test_windows_beside_prometheus.py."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.conditions import ConditionBroken, Facts, Truth, cycle_facts, health_facts, metric_facts, parse
from alerts.windows import Windows, spans_of
from monitoring import series
from monitoring.clock import to_ms
from monitoring.models import Kind, MetricSnapshot
from monitoring.samples import Sample, SeriesKey, sorted_tags
from monitoring.sketch import sketch_of
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


def store_calls(calls: list[list[float]], name: str = "db_query_duration_seconds", **tags: str) -> None:
    """Snapshots of a timing a second apart, the last of them now, each of these calls."""
    key = SeriesKey(name, sorted_tags(tags), Kind.TIMING)
    Storage().write(
        [
            Sample(
                key,
                to_ms(NOW) - 1000 * (len(calls) - 1 - place),
                max(seconds),
                count=len(seconds),
                total=sum(seconds),
                minimum=min(seconds),
                maximum=max(seconds),
                sketch=sketch_of(seconds),
            )
            for place, seconds in enumerate(calls)
        ],
        to_ms(NOW),
    )


@pytest.mark.parametrize(("call", "share"), [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)])
def test_quantiles_of_a_timing_are_of_all_its_calls_and_never_of_the_slowest(call: str, share: float) -> None:
    calls = [[0.01 * (1 + (7 * n + m) % 100) for m in range(20)] + [30.0] * (n == 3) for n in range(10)]
    store_calls(calls)
    everything = sorted(second for one in calls for second in one)
    expected = everything[int(share * (len(everything) - 1))]
    assert answer(f"{call}('db_query_duration_seconds', '5m')") == pytest.approx(expected, rel=0.012)


def test_quantiles_of_several_timings_are_of_their_calls_together() -> None:
    store_calls([[0.1] * 90], query="fast")
    store_calls([[2.0] * 10], query="slow")
    assert answer("p50('db_query_duration_seconds', '5m')") == pytest.approx(0.1, rel=0.012)
    assert answer("p95('db_query_duration_seconds', '5m')") == pytest.approx(2.0, rel=0.012)
    assert answer("p50('db_query_duration_seconds', '5m', query='slow')") == pytest.approx(2.0, rel=0.012)


def test_extreme_quantiles_of_a_timing_are_its_quickest_and_its_slowest_call() -> None:
    store_calls([[0.11, 0.2], [0.37]])
    assert answer("quantile_over_time(0, 'db_query_duration_seconds', '5m')") == pytest.approx(0.11, rel=0.012)
    assert answer("quantile_over_time(1, 'db_query_duration_seconds', '5m')") == pytest.approx(0.37, rel=0.012)


def test_a_rule_on_a_quantile_of_a_timing_overlooks_one_slow_call() -> None:
    store_calls([[0.1] * 50, [0.1] * 49 + [9.0]])
    condition = parse("p95('db_query_duration_seconds', '5m') > 1")
    windows = Windows(to_ms(NOW), spans_of(condition.questions))
    assert condition.verdict(cycle_facts(timestamp=NOW.timestamp(), windows=windows)) is Truth.FALSE


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


JOINED = ("p50", "p95", "count_over_time", "min_over_time", "max_over_time", "rate")


def test_timings_whose_snapshots_the_database_joins_give_the_same_as_one_by_one() -> None:
    store_calls([[0.001 * (1 + (37 * n + m) % 900) for m in range(1 + n % 7)] for n in range(60)], query="some")
    store_calls([[5.0, -1.0], [300.0] * 200], query="few")
    calls = [f"{function}('db_query_duration_seconds', '5m')" for function in JOINED]
    questions = [parse(f"{call} > 0").questions[0] for call in calls]
    apart = parse("last_over_time('db_query_duration_seconds', '5m') > 0").questions[0]
    joined = Windows(to_ms(NOW), spans_of(questions))
    one_by_one = Windows(to_ms(NOW), spans_of([*questions, apart]))
    facts = cycle_facts(timestamp=NOW.timestamp(), windows=joined)
    for question in questions:
        assert joined.read(question, facts) == one_by_one.read(question, facts) is not None
    one_row_each = series.stretches(["db_query_duration_seconds"], 0, to_ms(NOW), joined=["db_query_duration_seconds"])
    assert [len(stretch.rows) for stretch in one_row_each] == [1, 1]


def test_a_joined_series_with_a_snapshot_without_a_sketch_is_read_one_by_one() -> None:
    store_calls([[0.1] * 3, [0.2] * 3], query="whole")
    key = SeriesKey("db_query_duration_seconds", sorted_tags({"query": "old"}), Kind.TIMING)
    times = (to_ms(NOW) - 1000, to_ms(NOW))
    Storage().write([Sample(key, at, 2.0, count=4, total=8.0, minimum=2.0, maximum=2.0) for at in times], to_ms(NOW))
    stretches = series.stretches(["db_query_duration_seconds"], 0, to_ms(NOW), joined=["db_query_duration_seconds"])
    assert sorted(len(stretch.rows) for stretch in stretches) == [1, 2]
    assert answer("count_over_time('db_query_duration_seconds', '5m')") == 14
    assert answer("p95('db_query_duration_seconds', '5m')") == pytest.approx(2.0, rel=0.012)


def test_a_rule_that_needs_the_snapshots_apart_gets_them_after_others_had_them_joined() -> None:
    store_calls([[0.1], [0.7], [0.3]])
    first, then = (parse(f"{call}('db_query_duration_seconds', '5m') > 0").questions[0] for call in ("p50", "deriv"))
    windows = Windows(to_ms(NOW), spans_of([first]))
    facts = cycle_facts(timestamp=NOW.timestamp(), windows=windows)
    assert windows.read(first, facts) == pytest.approx(0.3, rel=0.012)
    assert windows.read(then, facts) == pytest.approx(0.1)


def test_joined_snapshots_count_towards_what_a_window_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.windows.MOST_TIMINGS", 3)
    store_calls([[0.1]] * 4)
    with pytest.raises(series.WindowTooLarge):
        series.stretches(["db_query_duration_seconds"], 0, to_ms(NOW), joined=["db_query_duration_seconds"])


def test_series_are_not_joined_before_it_is_known_that_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.windows.MOST_TIMINGS", 3)
    store_calls([[0.1]] * 4)
    with CaptureQueriesContext(connection) as queries, pytest.raises(series.WindowTooLarge):
        series.stretches(["db_query_duration_seconds"], 0, to_ms(NOW), joined=["db_query_duration_seconds"])
    assert not [query["sql"] for query in queries if "sketch" in query["sql"]]


def test_joined_snapshots_and_others_share_what_a_window_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.windows.MOST_TIMINGS", 3)
    store_calls([[0.1]] * 2)
    store("page_load_seconds", [0.1] * 2, Kind.TIMING)
    with pytest.raises(series.WindowTooLarge):
        series.stretches(
            ["db_query_duration_seconds", "page_load_seconds"], 0, to_ms(NOW), joined=["db_query_duration_seconds"]
        )


def test_the_file_is_mapped_only_while_a_window_is_read() -> None:
    store_calls([[0.1]])
    with CaptureQueriesContext(connection) as queries:
        answer("p95('db_query_duration_seconds', '5m')")
    mapped = [query["sql"] for query in queries if "mmap_size" in query["sql"]]
    expected = ["PRAGMA mmap_size=268435456", "PRAGMA mmap_size=0"] if connection.vendor == "sqlite" else []
    assert mapped == expected
