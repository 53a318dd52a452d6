from collections.abc import Iterator

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction

from monitoring.models import Lease, SlowQuery
from monitoring.queries.executions import Executions, redacted
from monitoring.queries.plans import NoPlan, plan
from monitoring.queries.sampler import QuerySampler
from monitoring.quiet import quietly
from monitoring.recorder import Recorder
from monitoring.samples import Sample
from tests.monitoring.shelf import Shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def executions() -> Iterator[Executions]:
    executions = Executions(slow_seconds=1000)
    with connection.execute_wrapper(executions.measure):
        yield executions


def samples(executions: Executions) -> list[Sample]:
    with quietly():  # as on the recorder's thread
        return list(QuerySampler(executions, Recorder(None, Shelf()))(1000))


def named(found: list[Sample], metric: str) -> dict[str, float | int | None]:
    return {dict(one.key.tags)["query"].rsplit(" ", 1)[0]: one.count for one in found if one.key.name == metric}


def test_queries_are_measured_by_their_shape(executions: Executions) -> None:
    for name in ("a", "b"):
        Lease.objects.filter(pk=name).exists()
    found = named(samples(executions), "db_query_duration_seconds")
    assert found == {"SELECT ahgd_monitoring_lease": 2}


def test_a_query_that_fails_is_counted(executions: Executions) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column FROM ahgd_monitoring_lease")
    found = [one for one in samples(executions) if one.key.name == "db_query_errors_total"]
    assert [one.value for one in found] == [1]


def test_its_own_queries_are_not_measured(executions: Executions) -> None:
    with quietly():
        Lease.objects.exists()
    assert samples(executions) == []


def test_a_slow_query_is_kept_with_nothing_of_its_values(executions: Executions) -> None:
    executions.slow_seconds = 0
    with executions.within("admin:index"):
        Lease.objects.filter(pk="secret").exists()
        Lease.objects.filter(pk="another secret").exists()
    samples(executions)
    row = SlowQuery.objects.get()
    assert (row.count, row.where, row.database) == (2, "admin:index", "default")
    assert "secret" not in row.text + row.parameters
    assert "str[" in row.parameters


def test_what_a_request_repeats_is_marked(executions: Executions) -> None:
    with executions.within("") as scope:
        for number in range(12):
            Lease.objects.filter(pk=str(number)).exists()
        scope.where = "ward list"
    found = samples(executions)
    row = SlowQuery.objects.get()
    assert (row.repeats, row.repeated_in, row.count) == (12, "ward list", 0)
    (counted,) = [one for one in found if one.key.name == "db_repeated_queries_total"]
    assert (counted.value, dict(counted.key.tags)["page"]) == (12, "ward list")


@pytest.mark.parametrize(("repeated", "is_listed"), [(3, True), (4, False)])
def test_how_many_are_too_many_can_be_said(executions: Executions, repeated: int, is_listed: bool) -> None:
    executions.repeated = repeated
    with executions.within("ward list"):
        for _ in range(3):
            Lease.objects.exists()
    samples(executions)
    assert SlowQuery.objects.exists() is is_listed


def test_a_few_of_a_kind_are_not(executions: Executions) -> None:
    with executions.within("ward list"):
        for _ in range(9):
            Lease.objects.exists()
    samples(executions)
    assert not SlowQuery.objects.exists()


def test_a_plan_is_given_on_demand_without_values(executions: Executions) -> None:
    executions.slow_seconds = 0
    list(Lease.objects.filter(pk="secret", holder__in=["a", "b"]).order_by("fence")[:5])
    samples(executions)
    assert "ahgd_monitoring_lease" in plan(SlowQuery.objects.get())


@pytest.mark.parametrize(
    ("text", "database", "why"),
    [
        ("PRAGMA foreign_keys", "default", "no plan"),
        ("SELECT a FROM t", "elsewhere", "no"),
        ("SELECT a FROM no_such_table", "default", "no plan"),
    ],
)
def test_why_there_is_no_plan_is_said(text: str, database: str, why: str) -> None:
    with pytest.raises(NoPlan, match=why):
        plan(SlowQuery(text=text, database=database, vendor=connection.vendor))


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        (None, ""),
        ((1, "secret", None, 2.5, b"xyz"), "int, str[6], null, float, bytes[3]"),
        ({"name": "secret"}, "name: str[6]"),
        ("secret", "str[6]"),
    ],
)
def test_parameters_are_told_by_type_and_length(params: object, shown: str) -> None:
    assert redacted(params) == shown


def test_a_child_does_not_tell_its_parents_queries_again(executions: Executions) -> None:
    Lease.objects.exists()
    executions.forget()  # what the child's side of os.fork calls
    assert samples(executions) == []
