import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from ahgd_ops.access.tokens import issue
from monitoring.clock import to_ms
from monitoring.health import exclude
from monitoring.health.days import keep_days
from monitoring.health.history import record, retire
from monitoring.health.status import Finding, Result
from monitoring.models import HealthCheckState, HealthRecord, Status
from monitoring.views.data import health_part
from monitoring.views.health_data import latest, spark

pytestmark = pytest.mark.django_db


def say(name: str, status: Status, message: str, at: datetime, instance: str = "") -> None:
    record([Result(name, Finding(status, message, {"usage_percent": 41.5}), 2.5, at)], at, instance)


@pytest.fixture
def now() -> datetime:
    """Two checks with an hour behind them, the second of which fails at present."""
    now = timezone.now()
    for minute in range(60, -1, -5):
        at = now - timedelta(minutes=minute)
        say("disk", Status.HEALTHY, "27 % in use", at)
        say("broker", Status.HEALTHY if minute > 20 else Status.CRITICAL, "as it is", at)
    return now


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_each_check_the_worst_first(viewer: Client, now: datetime) -> None:
    page = text(viewer, "/ops/health/")
    assert "1 of 2 critical: Broker" in page
    assert page.index("/ops/health/broker/") < page.index("/ops/health/disk/")
    assert 'aria-label="Last 13 results: 8 ok, 5 critical"' in page
    for window in ("24 h", "7 d", "30 d", "90 d"):
        assert f'data-label="Uptime {window}"' in page


def test_a_check_that_never_ran_is_grey(viewer: Client) -> None:
    HealthCheckState.objects.create(name="disk")
    page = text(viewer, "/ops/health/")
    assert "Never ran" in page
    assert "no data" in page


def test_before_the_first_round_the_page_says_when_it_comes(viewer: Client) -> None:
    assert "No check has run yet" in text(viewer, "/ops/health/")


def test_a_check_that_does_not_run_any_more_stands_apart(viewer: Client, now: datetime) -> None:
    retire("broker", now)
    page = text(viewer, "/ops/health/")
    assert "All 1 checks are well" in page
    assert page.index("Not checked any more") < page.index("/ops/health/broker/")


def test_the_page_of_a_check_shows_its_past(viewer: Client, now: datetime) -> None:
    exclude(now - timedelta(minutes=10), now, "Upgrade of the broker", "maintenance:1")
    say("broker", Status.CRITICAL, "as it is there", now, "host-b")
    keep_days(now + timedelta(days=1))
    page = text(viewer, "/ops/health/broker/")
    for expected in ("Critical: as it is", "Upgrade of the broker", "host-b", "usage_percent", "polyline points="):
        assert expected in page
    unknown = 90 - (now.date() - (now - timedelta(hours=1)).date()).days  # today is not over; it may just have begun
    assert page.count('<i class="none" title=') == unknown
    assert page.count('<td class="number nowrap">no data</td>') == unknown  # the same as a table
    assert page.count(">Critical</span>") == 5 + 1  # the mark of the banner


def test_only_changes_can_be_listed(viewer: Client, now: datetime) -> None:
    page = text(viewer, "/ops/health/broker/?only=changes")
    assert page.count('<span class="muted small">changed</span>') == 2
    assert page.count('data-label="When"') == 2


def test_older_results_are_a_page_further(viewer: Client) -> None:
    state = HealthCheckState.objects.create(name="disk", checked_at=timezone.now())
    for number in range(120):
        HealthRecord.objects.create(state=state, at=number, status="healthy", duration_ms=1, message=f"n{number}")
    first = text(viewer, "/ops/health/disk/")
    assert "n119" in first
    assert "n69<" not in first
    third = text(viewer, f"/ops/health/disk/?before={HealthRecord.objects.get(at=20).pk}")
    assert "n19<" in third
    assert "Older results" not in third


@pytest.mark.parametrize("query", ["before=x", "before=99999999999999999999999", "only=%00", "before=²"])
def test_a_strange_address_is_no_error(viewer: Client, now: datetime, query: str) -> None:
    assert viewer.get(f"/ops/health/disk/?{query}").status_code == 200


def test_a_check_that_does_not_exist_is_not_found(viewer: Client) -> None:
    for path in ("/ops/health/nothing/", "/ops/health/nothing.json", "/ops/health/nothing.csv", "/ops/health/%00/"):
        assert viewer.get(path).status_code == 404


def test_it_is_for_people_who_may_see_health(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody"), "django.contrib.auth.backends.ModelBackend")
    assert client.get("/ops/health/").status_code == 403
    assert client.get("/ops/health.json").status_code == 403


def test_csv_has_every_record_of_the_range(viewer: Client, now: datetime) -> None:
    response = viewer.get("/ops/health.csv?from=now-32m")
    lines = list(csv.reader(io.StringIO(b"".join(response).decode())))
    assert response["Content-Disposition"] == 'attachment; filename="health.csv"'
    assert lines[0] == ["time", "check", "instance", "status", "message", "duration_ms", "is_transition"]
    assert len(lines) == 1 + 2 * 7
    assert lines[-1][1:4] in (["disk", "", "healthy"], ["broker", "", "critical"])


def test_csv_of_one_check_gives_spreadsheets_no_formula(viewer: Client) -> None:
    say("disk", Status.HEALTHY, "=HYPERLINK(1)", timezone.now())
    lines = list(csv.reader(io.StringIO(b"".join(viewer.get("/ops/health/disk.csv")).decode())))
    assert lines[1][4] == "'=HYPERLINK(1)"


def test_what_is_too_much_for_one_answer_says_that_it_was_cut(
    viewer: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = viewer.get("/ops/health/broker.json").json()
    assert "cut" not in whole
    monkeypatch.setattr("monitoring.views.health.MOST_EXPORTED", 3)
    text = "Cut after 3 records: ask for the rest with a later ?from="

    lines = list(csv.reader(io.StringIO(b"".join(viewer.get("/ops/health.csv")).decode())))
    assert (len(lines), lines[-1]) == (5, ["", "", "", "", text, "", ""])
    one = viewer.get("/ops/health/broker.json").json()
    assert (one["cut"], one["records"]) == (text, whole["records"][:3])


def test_json_has_the_state_and_the_uptime(viewer: Client, now: datetime) -> None:
    whole = viewer.get("/ops/health.json").json()
    assert whole["status"] == "critical"
    broker = next(check for check in whole["checks"] if check["name"] == "broker")
    assert broker["uptime"]["24 h"] == pytest.approx(40 / 60, abs=0.02)
    one = viewer.get("/ops/health/broker.json?from=now-22m").json()
    assert (one["name"], len(one["records"]), one["records"][-1]["status"]) == ("broker", 5, "critical")
    assert (len(one["days"]), set(one["days"][0])) == (90, {"day", "share"})


def test_a_range_that_cannot_be_used_says_so(viewer: Client, now: datetime) -> None:
    assert "is not a time" in viewer.get("/ops/health/disk.json?from=soon").json()["error"]
    assert viewer.get("/ops/health.csv?from=soon").status_code == 400


def test_machines_read_it_with_a_token(client: Client, now: datetime) -> None:
    owner = User.objects.create_user("ana")
    codes = {}
    for scope in ("health:read", "alerts:read"):
        _, token = issue(scope, [scope], owner)
        codes[scope] = client.get("/ops/health.json", headers={"authorization": f"Bearer {token}"}).status_code
    assert codes == {"health:read": 200, "alerts:read": 403}
    assert client.get("/ops/health/disk.csv").status_code == 401


def test_a_spark_goes_from_edge_to_edge() -> None:
    assert spark([0, 5, 10]) == "0.0,39.0 100.0,20.0 200.0,1.0"
    assert spark([0, 0]) == "0.0,39.0 200.0,39.0"
    assert spark([1]) == ""


def test_the_admin_shows_days_and_what_is_excluded(client: Client, now: datetime) -> None:
    client.force_login(User.objects.create_superuser("root"))
    state = HealthCheckState.objects.get(name="disk")
    yesterday = to_ms(datetime.now(UTC) - timedelta(days=1))
    HealthRecord.objects.create(state=state, at=yesterday, status="healthy", duration_ms=1, is_transition=True)
    keep_days(now)
    assert "100.000 %" in text(client, "/admin/ahgd_monitoring/healthday/")
    form = {
        "start_0": "2026-03-01", "start_1": "10:00", "end_0": "2026-03-01", "end_1": "09:00", "reason": "x",
        "check_name": "",
    }  # fmt: skip
    refused = client.post("/admin/ahgd_monitoring/excludedinterval/add/", form)
    assert "It has to end after it starts." in refused.content.decode()
    client.post("/admin/ahgd_monitoring/excludedinterval/add/", form | {"end_1": "11:00"})
    assert "by hand" in text(client, "/admin/ahgd_monitoring/excludedinterval/")


def test_with_a_dead_schedule_nothing_is_called_well(viewer: Client, settings: Settings) -> None:
    settings.HEALTH_CHECKS = ("monitoring.health.checks.Disk", ("monitoring.health.signs.Beat", {"grace_seconds": 0}))
    PeriodicTask.objects.create(
        name="health",
        interval=IntervalSchedule.objects.create(every=30, period="seconds"),
        last_run_at=timezone.now() - timedelta(days=3),
    )
    for name in ("disk", "beat"):
        say(name, Status.HEALTHY, "well then", timezone.now() - timedelta(days=3))
    say("disk", Status.HEALTHY, "well then", timezone.now() - timedelta(days=3), "host-b")
    page = text(viewer, "/ops/health/")
    assert "1 of 2 critical: Beat" in page
    assert "Last checked 3 d ago, then healthy" in page
    assert "well then" not in text(viewer, "/ops/health/disk/").split("Records")[0]
    whole = viewer.get("/ops/health.json").json()
    assert (whole["status"], {one["status"] for one in whole["checks"]}) == ("critical", {"critical", "unknown"})
    assert viewer.get("/ops/health/disk.json").json()["status"] == "unknown"
    assert {one["level"] for one in health_part(timezone.now())} == {"critical", "unknown"}


def test_one_check_that_is_not_known_is_not_called_well(viewer: Client, now: datetime) -> None:
    say("broker", Status.UNKNOWN, "timed out", now + timedelta(seconds=1))
    assert "1 of 2 not known: Broker" in text(viewer, "/ops/health/")


def test_the_last_fifty_results_are_read_without_the_others(django_assert_num_queries: Any) -> None:
    state = HealthCheckState.objects.create(name="disk", checked_at=timezone.now())
    HealthRecord.objects.bulk_create(
        HealthRecord(state=state, at=number, status="healthy", duration_ms=number) for number in range(60)
    )
    with django_assert_num_queries(1) as asked:
        assert [beat.duration_ms for beat in latest(state)] == list(range(10, 60))
    assert "LIMIT 50" in asked.captured_queries[0]["sql"]
