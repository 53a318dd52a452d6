"""The database page: connections, pools, queries by shape, and one query with trend, plan and advice."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from caching import QueryOptimizer
from caching.queries.errors import PoolExhausted
from monitoring.clock import to_ms
from monitoring.gathering import Gathering
from monitoring.kinds import Kind
from monitoring.models import QueryShape, SlowQuery
from monitoring.queries.figures import by_total, completed, trend
from monitoring.samples import SeriesKey, sorted_tags
from monitoring.storage import Storage
from monitoring.views.database import lines
from monitoring.views.ranges import Range
from tests.monitoring.readings import record

pytestmark = pytest.mark.django_db
METRICS = "SELECT ahgd_monitoring_metric 1f2e3d4c"
TEXT = "SELECT id FROM ahgd_monitoring_metric WHERE help = ?"


def took(query: str, at: datetime, *seconds: float, database: str = "default") -> None:
    gathering = Gathering(
        SeriesKey(
            "db_query_duration_seconds", sorted_tags({"database": database, "query": query}), Kind.TIMING, "database"
        )
    )
    for one in seconds:
        gathering.add(one)
    sample = gathering.take(to_ms(at))
    assert sample is not None
    Storage().write([sample])


def shape_of(query: str, text: str = TEXT, **fields: object) -> QueryShape:
    return QueryShape.objects.create(
        database="default", vendor=connection.vendor, query=query, text=text, first_at=timezone.now(), **fields
    )


def hour(now: datetime) -> Range:
    return Range(now - timedelta(hours=1), now, "now-1h", "now")


def test_figures_are_of_the_range_and_percentiles_of_merged_sketches() -> None:
    now = timezone.now()
    took(METRICS, now - timedelta(minutes=10), *[0.01] * 90)
    took(METRICS, now - timedelta(minutes=5), *[1.0] * 10)
    took(METRICS, now - timedelta(hours=2), 60.0)
    took("SELECT other 00000000", now - timedelta(minutes=5), 0.1)
    record("db_query_rows_total", {now - timedelta(minutes=5): 40.0}, database="default", query=METRICS)
    record("db_query_errors_total", {now - timedelta(minutes=5): 2.0}, database="default", query=METRICS)
    shape = shape_of(METRICS)
    SlowQuery.objects.create(
        database="default", vendor="sqlite", query=METRICS, text=TEXT, first_at=now, last_at=now, count=3, repeats=14
    )
    span = hour(now)
    first, second = completed(by_total(span.start_ms, span.end_ms), span.start_ms, span.end_ms)
    assert (first.query, first.calls, first.slowest_seconds) == (METRICS, 100, 1.0)
    assert first.total_seconds == pytest.approx(10.9)
    assert first.mean_seconds == pytest.approx(0.109)
    assert first.p95_seconds == pytest.approx(1.0, rel=0.02)
    assert (first.rows, first.errors, first.repeats, first.slow, first.shape_id) == (40, 2, 14, 3, shape.pk)
    assert (second.query, second.rows, second.repeats) == ("SELECT other 00000000", None, 0)


def test_the_trend_has_the_parts_in_which_something_was_executed() -> None:
    now = timezone.now()
    span = hour(now)
    took(METRICS, now - timedelta(minutes=50), 0.1, 0.3)
    took(METRICS, now - timedelta(minutes=10), 0.5)
    took(METRICS, now - timedelta(minutes=10), 9.0, database="another")
    moments = trend("default", METRICS, span.start_ms, span.end_ms, parts=6)
    assert [(one.calls, pytest.approx(one.mean_seconds)) for one in moments] == [(2, 0.2), (1, 0.5)]
    drawn = lines(moments, span)
    assert drawn["top_seconds"] == pytest.approx(0.5, rel=0.02)
    assert len(drawn["mean"].split()) == 2


def test_the_page_shows_queries_pools_and_marks(viewer: Client) -> None:
    now = timezone.now()
    took(METRICS, now - timedelta(minutes=5), 0.25)
    shape = shape_of(METRICS)
    SlowQuery.objects.create(
        database="default", vendor="sqlite", query=METRICS, text=TEXT, first_at=now, last_at=now, count=1, repeats=14
    )
    tags = {"database": "/data/health.sqlite3", "process": "web-1", "instance": "host-a"}
    record("db_pool_connections", {now: 3.0}, state="in use", **tags)
    record("db_pool_waiting", {now: 2.0}, **tags)
    content = viewer.get("/ops/database/").content.decode()
    assert f"/ops/database/query/{shape.pk}/" in content
    for text in (METRICS, "N+1", "slow", "250 ms", "/data/health.sqlite3", "web-1"):
        assert text in content


def test_an_empty_console_says_why_the_page_is_empty(viewer: Client) -> None:
    content = viewer.get("/ops/database/").content.decode()
    assert "No query was recorded in this range" in content
    assert "No process has a pool" in content


@pytest.mark.parametrize("address", ["/ops/database/?from=never", "/ops/database/?page=99"])
def test_an_odd_address_is_answered(viewer: Client, address: str) -> None:
    assert viewer.get(address).status_code == 200


def test_a_query_has_its_text_trend_and_what_was_noticed(viewer: Client) -> None:
    now = timezone.now()
    took(METRICS, now - timedelta(minutes=5), 0.25)
    row = shape_of(METRICS, plan="SCAN x", advice=[["CREATE INDEX ON x (help)", "x is read whole."]], planned_at=now)
    SlowQuery.objects.create(
        database="default", vendor="sqlite", query=METRICS, text=TEXT, first_at=now, last_at=now, repeats=14
    )
    content = viewer.get(f"/ops/database/query/{row.pk}/").content.decode()
    for text in (TEXT, "<polyline", "250 ms", "SCAN x", "CREATE INDEX ON x (help)", "14 times"):
        assert text in content


def test_a_query_that_is_not_there_is_not_found(viewer: Client) -> None:
    assert viewer.get("/ops/database/query/12345/").status_code == 404


def test_the_plan_is_asked_for_and_kept_with_its_advice(viewer: Client) -> None:
    row = shape_of(METRICS)
    answer = viewer.post(f"/ops/database/query/{row.pk}/", follow=True)
    row.refresh_from_db()
    assert "ahgd_monitoring_metric" in row.plan
    assert row.advice == [
        [
            'CREATE INDEX "idx_ahgd_monitoring_metric_help" ON "ahgd_monitoring_metric" ("help")',
            "ahgd_monitoring_metric is read whole to find rows by help.",
        ]
    ]
    assert "is read whole" in answer.content.decode()


def test_what_has_no_plan_says_why(viewer: Client) -> None:
    row = shape_of("VACUUM 1", text="VACUUM")
    assert "VACUUM has no plan" in viewer.post(f"/ops/database/query/{row.pk}/", follow=True).content.decode()


def test_advice_that_fails_says_why(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PoolExhausted("All connections to postgresql://ann:hunter2@host/db were in use.")

    monkeypatch.setattr(QueryOptimizer, "advise", refuse)
    row = shape_of(METRICS)
    content = viewer.post(f"/ops/database/query/{row.pk}/", follow=True).content.decode()
    assert "There is no advice: All connections" in content
    assert "hunter2" not in content


def test_who_may_not_see_figures_sees_none(client: Client) -> None:
    client.force_login(User.objects.create_user("nemo"))
    row = shape_of(METRICS)
    for address in ("/ops/database/", f"/ops/database/query/{row.pk}/"):
        assert client.get(address).status_code == 403
