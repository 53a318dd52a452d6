"""Texts of queries go when nobody executes them any more, and come back with the next execution."""

from datetime import UTC, datetime, timedelta

import pytest

from caching import shape
from monitoring.clock import to_ms
from monitoring.models import Kind, QueryShape, SlowQuery
from monitoring.queries import texts
from monitoring.queries.forgetting import forget_unused_queries
from monitoring.samples import Sample, SeriesKey, sorted_tags
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)


def a_shape(query: str, age: timedelta, last_executed: timedelta | None = None) -> None:
    at = NOW - age
    QueryShape.objects.create(database="default", vendor="sqlite", query=query, text=query, first_at=at)
    if last_executed is not None:
        tags = sorted_tags({"database": "default", "query": query})
        key = SeriesKey("db_query_duration_seconds", tags, Kind.TIMING)
        Storage().write([Sample(key, to_ms(NOW - last_executed), 0.1, 1, 0.1, 0.1, 0.1)])


def shapes() -> list[str]:
    return list(QueryShape.objects.order_by("query").values_list("query", flat=True))


def test_a_text_stays_as_long_as_somebody_executes_it() -> None:
    a_shape("asked", 300 * DAY, last_executed=80 * DAY)
    a_shape("given up", 300 * DAY, last_executed=100 * DAY)
    a_shape("new", timedelta(hours=1))
    a_shape("without figures", 2 * DAY)
    assert forget_unused_queries(NOW) == 2
    assert shapes() == ["asked", "new"]
    assert forget_unused_queries(NOW) == 0


def test_a_step_is_bounded() -> None:
    for number in range(5):
        a_shape(f"query {number}", 2 * DAY)
    assert [forget_unused_queries(NOW, step=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_query_that_is_not_slow_any_more_goes_after_the_same_time() -> None:
    for query, age in (("still", 80), ("once", 100)):
        at = NOW - age * DAY
        SlowQuery.objects.create(database="default", vendor="sqlite", query=query, text="", first_at=at, last_at=at)
    assert forget_unused_queries(NOW) == 1
    assert SlowQuery.objects.get().query == "still"


@pytest.mark.django_db(transaction=True)
def test_a_text_that_was_deleted_is_written_with_a_later_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("default", "sqlite", "SELECT 1")
    kept = texts.KeptShapes()
    kept.keep([asked], [])
    QueryShape.objects.all().delete()
    kept.keep([asked], [])
    assert shapes() == []  # known to be written
    monkeypatch.setattr(texts, "AGAIN_SECONDS", 0)
    kept.keep([asked], [])
    assert shapes() == [shape("SELECT 1", "sqlite").name]
