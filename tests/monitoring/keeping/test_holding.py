from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import holding
from monitoring.models import Hold, Series
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, gauges, key, write

pytestmark = pytest.mark.django_db
START = from_ms(START_MS)
DAY = timedelta(days=1)


@pytest.fixture
def needed() -> series.Needed:
    write(*gauges(key(), 1))
    return series.Needed(Series.objects.get().fingerprint, START)


def test_holding_the_same_again_changes_nothing_and_other_owners_stay(needed: series.Needed) -> None:
    series.hold("report", {"weekly": needed})
    for _ in range(2):
        series.hold("alert", {"1": needed, "2": series.Needed("0" * 32, START)})
    assert sorted(Hold.objects.values_list("reason", flat=True)) == ["alert 1", "report weekly"]
    series.hold("alert", {"1": series.Needed(needed.fingerprint, START, START + DAY)})
    assert Hold.objects.get(reason="alert 1").end == START_MS + 24 * HOUR_MS


@pytest.mark.parametrize("reason", ["alert 1", "alert storm in May", "Alert of a client"])
def test_holds_of_people_are_theirs_whatever_they_are_called(needed: series.Needed, reason: str) -> None:
    theirs = Hold.objects.create(series=Series.objects.get(), start=0, reason=reason)
    series.hold("alert", {"1": needed})
    series.hold("alert", {})
    assert Hold.objects.get() == theirs


def test_only_what_differs_is_written(needed: series.Needed) -> None:
    wanted = {str(number): needed for number in range(20)}
    series.hold("alert", wanted)
    with CaptureQueriesContext(connection) as asked:
        series.hold("alert", wanted)
    assert [one["sql"] for one in asked.captured_queries if not one["sql"].startswith("SELECT")] == []


@pytest.mark.django_db(transaction=True)
def test_many_holds_are_written_in_transactions_of_some_each(
    needed: series.Needed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "_AT_ONCE", 2)
    with CaptureQueriesContext(connection) as asked:
        series.hold("alert", {str(number): needed for number in range(6)})
    assert sum(one["sql"] == "COMMIT" for one in asked.captured_queries) == 3
    assert Hold.objects.count() == 6
