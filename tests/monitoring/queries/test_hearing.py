"""What a ``QueryOptimizer`` executes is measured, described and kept, as is what Django executes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caching import QueryOptimizer
from monitoring import automatic
from monitoring.collectors.pace import Pace
from monitoring.collectors.process import ProcessSampler
from monitoring.models import QueryShape, SlowQuery
from monitoring.process import get_recorder
from monitoring.queries.executions import Executions
from monitoring.queries.sampler import QuerySampler
from monitoring.samples import Sample
from tests.caching.queries.databases import make_sqlite

pytestmark = pytest.mark.django_db
SECRET = "Jane Citizen"


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> Executions:
    """Of this test alone, to which every execution is slow."""
    found = Executions(slow_seconds=0.0)
    monkeypatch.setattr(automatic, "executions", found)
    return found


@pytest.fixture
def optimizer(tmp_path: Path) -> Iterator[QueryOptimizer]:
    with QueryOptimizer(make_sqlite(tmp_path / "health.sqlite3"), slow_seconds=0.0) as one:
        yield one


def sampled(executions: Executions) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in QuerySampler(executions, get_recorder())(1):
        found.setdefault(sample.key.name, []).append(sample)
    return found


def test_time_and_rows_are_recorded_by_the_shape_of_the_query(
    executions: Executions, optimizer: QueryOptimizer
) -> None:
    for state in ("NSW", SECRET):
        optimizer.execute_query("SELECT id FROM health_data WHERE state = ?", [state])
    found = sampled(executions)
    (durations,) = found["db_query_duration_seconds"]
    (rows,) = found["db_query_rows_total"]
    assert (durations.count, rows.value) == (2, 4)
    tags = dict(durations.key.tags)
    assert tags["database"] == optimizer.database.name
    assert tags["query"].startswith("SELECT health_data ")


def test_the_text_and_the_plan_with_its_advice_are_kept_without_values(
    executions: Executions, optimizer: QueryOptimizer
) -> None:
    optimizer.execute_query(f"SELECT id FROM health_data WHERE state = '{SECRET}' AND year > 2000")  # noqa: S608
    sampled(executions)
    row = QueryShape.objects.get()
    assert row.text == "SELECT id FROM health_data WHERE state = ? AND year > ?"
    assert row.plan == "SCAN health_data"
    assert row.advice == [
        [
            'CREATE INDEX "idx_health_data_state_year" ON "health_data" ("state", "year")',
            "health_data is read whole to find rows by state, year.",
        ]
    ]
    slow = SlowQuery.objects.get()
    assert (slow.query, slow.count) == (row.query, 1)
    assert SECRET not in str(QueryShape.objects.values().get()) + str(SlowQuery.objects.values().get())


def test_a_shape_is_written_once(executions: Executions, optimizer: QueryOptimizer) -> None:
    for _ in range(2):
        optimizer.execute_query("SELECT id FROM health_data")
        sampled(executions)
    assert QueryShape.objects.count() == 1


def test_errors_are_counted(executions: Executions, optimizer: QueryOptimizer) -> None:
    with pytest.raises(Exception, match="nothing_here"):
        optimizer.execute_query("SELECT nothing_here FROM health_data")
    assert sampled(executions)["db_query_errors_total"][0].value == 1


def test_repetition_within_a_request_is_noticed(executions: Executions, optimizer: QueryOptimizer) -> None:
    with executions.within("/areas/"):
        for number in range(12):
            optimizer.execute_query("SELECT * FROM health_data WHERE id = ?", [number])
    sampled(executions)
    assert (SlowQuery.objects.get().repeats, SlowQuery.objects.get().repeated_in) == (12, "/areas/")


def test_what_a_monitor_measures_is_not_measured_again(executions: Executions, tmp_path: Path) -> None:
    from monitoring import get_performance_monitor

    path = make_sqlite(tmp_path / "watched.sqlite3")
    with QueryOptimizer(path, monitor=get_performance_monitor(), slow_seconds=0.0) as optimizer:
        optimizer.execute_query("SELECT id FROM health_data")
    assert "db_query_duration_seconds" not in sampled(executions)
    assert QueryShape.objects.get().plan == "SCAN health_data"


def test_rows_that_django_changes_are_counted(executions: Executions) -> None:
    from django.db import connection

    executions.watch(connection)
    try:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ahgd_monitoring_metric SET help = %s", ["text"])
            cursor.execute("CREATE TEMPORARY TABLE three AS SELECT 1 AS n UNION SELECT 2 UNION SELECT 3")
            cursor.execute("UPDATE three SET n = n + 1")
    finally:
        connection.execute_wrappers.remove(executions.measure)
    rows = sampled(executions)["db_query_rows_total"]
    assert {sample.value for sample in rows if "UPDATE three" in str(sample.key.tags)} == {3}


def test_pools_of_optimizers_are_measured_with_the_process(optimizer: QueryOptimizer) -> None:
    optimizer.execute_query("SELECT 1")
    found = {
        (sample.key.name, dict(sample.key.tags).get("state")): sample.value
        for sample in ProcessSampler("web-1", "host-a", Pace(10))(1)
        if dict(sample.key.tags).get("database") == optimizer.database.name
    }
    assert found == {
        ("db_pool_connections", "idle"): 1,
        ("db_pool_connections", "in use"): 0,
        ("db_pool_waiting", None): 0,
    }
