"""Windows over timings: what calls took, in sketches that are merged."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.conditions import Truth, cycle_facts, parse
from alerts.windows import Windows, spans_of
from monitoring import series
from monitoring.clock import to_ms
from monitoring.models import Kind
from monitoring.samples import Sample, SeriesKey, sorted_tags
from monitoring.storage import Storage
from tests.alerts.windows import NOW, answer, store, store_calls

pytestmark = pytest.mark.django_db
JOINED = ("p50", "p95", "count_over_time", "min_over_time", "max_over_time", "rate")


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
