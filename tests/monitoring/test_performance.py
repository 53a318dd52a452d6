import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from monitoring.kinds import Kind
from monitoring.models import MetricSnapshot, Series
from monitoring.performance import PerformanceMonitor
from monitoring.recorder import Recorder
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def monitor() -> Iterator[PerformanceMonitor]:
    monitor = PerformanceMonitor(Recorder(flush_seconds=3600))
    yield monitor
    monitor.stop_monitoring()


def test_a_summary_has_the_guides_keys_from_what_is_not_flushed_yet(monitor: PerformanceMonitor) -> None:
    work = monitor.track_function_performance("process")(lambda: None)
    for _ in range(3):
        work()
    summary = monitor.get_performance_summary()
    assert 0 < summary["function_avg_duration_process"] < summary["function_max_duration_process"] + 1
    assert summary["function_calls_process"] == 3
    assert {"function_p50_duration_process", "function_p95_duration_process"} <= summary.keys()


def test_what_is_flushed_and_what_is_not_are_one(monitor: PerformanceMonitor) -> None:
    monitor.track_user_interaction("click", "map")
    assert monitor.flush() == 1
    monitor.track_user_interaction("click", "map")
    (series,) = monitor.get_performance_summary()["metrics"]["user_interactions_total"]
    assert series == {"tags": {"component": "map", "interaction": "click"}, "count": 2, "total": 2}


def test_percentiles_are_of_all_intervals_together(monitor: PerformanceMonitor) -> None:
    timer = monitor.track_page_load("home")
    for seconds in range(1, 51):
        timer.record(seconds)
    monitor.flush()
    for seconds in range(51, 101):
        timer.record(seconds)
    summary = monitor.get_performance_summary()
    assert summary["page_load_p95_duration_home"] == pytest.approx(95, rel=0.02)
    assert summary["page_load_avg_duration_home"] == 50.5


def test_errors_are_in_the_summary(monitor: PerformanceMonitor) -> None:
    with pytest.raises(ZeroDivisionError), monitor.track_database_query("by_state"):
        1 / 0  # noqa: B018  (it is what fails)
    summary = monitor.get_performance_summary()
    assert (summary["query_calls_by_state"], summary["query_errors_by_state"]) == (1, 1)


def test_what_is_older_than_the_range_is_left_out(monitor: PerformanceMonitor) -> None:
    two_hours_ago = round((datetime.now(UTC) - timedelta(hours=2)).timestamp() * 1000)
    Storage().write([Sample(SeriesKey("users", (), Kind.GAUGE), two_hours_ago, 7.0)])
    assert "avg_users" not in monitor.get_performance_summary(hours=1)
    assert monitor.get_performance_summary(hours=3)["avg_users"] == 7


def test_a_flush_takes_no_part_in_the_callers_transaction(monitor: PerformanceMonitor) -> None:
    monitor.add_custom_metric("users", 3)
    connection.ensure_connection()
    with transaction.atomic(durable=True):
        if connection.vendor == "sqlite":  # where this transaction alone may write
            transaction.set_rollback(True)
        else:
            assert monitor.flush() == 1
            transaction.set_rollback(True)
    monitor.flush()
    assert MetricSnapshot.objects.count() == 1


def test_a_summary_within_a_transaction_waits_for_nobody(monitor: PerformanceMonitor) -> None:
    monitor.add_custom_metric("users", 3)
    with transaction.atomic():
        assert monitor.get_performance_summary()["avg_users"] == 3


def test_the_cells_of_a_notebook_run_within_an_event_loop_and_may_ask_for_a_summary(
    monitor: PerformanceMonitor,
) -> None:
    async def cell() -> float:
        monitor.add_custom_metric("users", 3)
        monitor.stop_monitoring()
        monitor.stop_monitoring()  # by now there is no thread of the recorder's
        avg: float = monitor.get_performance_summary()["avg_users"]
        return avg

    assert asyncio.run(cell()) == 3
    assert MetricSnapshot.objects.count() == 1


def test_what_a_summary_raises_reaches_the_cell_that_asked(
    monitor: PerformanceMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(start_ms: int, end_ms: int) -> None:
        raise DatabaseError("away")

    async def cell() -> None:
        monitor.get_performance_summary()

    monkeypatch.setattr("monitoring.summary._saved", away)
    with pytest.raises(DatabaseError, match="away"):
        asyncio.run(cell())


@pytest.mark.parametrize("is_enabled", [True, False])
def test_a_process_is_measured_unless_monitoring_is_switched_off(settings: Settings, is_enabled: bool) -> None:
    settings.CONFIG = replace(settings.CONFIG, enable_performance_monitoring=is_enabled)
    monitor = PerformanceMonitor(Recorder(flush_seconds=3600))
    monitor.start_monitoring("etl")
    monitor.stop_monitoring()
    measured = Series.objects.filter(metric__name="process_resident_memory_bytes", tags__process="etl")
    assert measured.exists() is is_enabled


def test_a_value_that_is_no_number_is_refused_without_a_word(monitor: PerformanceMonitor) -> None:
    monitor.add_custom_metric("users", float("nan"))
    assert monitor.flush() == 0


def test_tags_that_databases_refuse_are_made_to_fit(monitor: PerformanceMonitor) -> None:
    monitor.add_custom_metric("beds", 1, tags={"a\0b": "\ud800" + "x" * 1000})
    assert monitor.flush() == 1
    (value,) = Series.objects.get().tags.values()
    assert len(value) == 500
