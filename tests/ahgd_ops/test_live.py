from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from ahgd_ops import live
from ahgd_ops.access.tokens import issue
from alerts.models import Severity
from monitoring.clock import to_ms
from monitoring.keeping import limits
from monitoring.models import HealthCheckState
from tests.alerts.rows import an_alert
from tests.monitoring.readings import record
from tests.people import person

pytestmark = pytest.mark.django_db


def finding(level: str, text: str = "x", since: int | None = 0) -> dict[str, Any]:
    return {"level": level, "text": text, "since": since}


def test_without_findings_all_is_normal_since_the_last_one_ended() -> None:
    assert live.status([], 5) == {"level": "ok", "text": "All systems normal", "since": 5, "others": ""}


def test_the_banner_tells_the_first_of_the_worst_since_it_began_and_counts_the_rest() -> None:
    findings = [finding("warning"), finding("critical", "CPU", 20), finding("critical", "disk", 10), finding("info")]
    assert live.status(findings, None) == {
        "level": "critical",
        "text": "CPU, and 1 more",
        "since": 20,
        "others": "also 1 warning, 1 notice",
    }


@pytest.mark.parametrize(
    ("levels", "title"),
    [
        ((), ""),
        (("critical", "critical", "warning"), "▲2 "),
        (("warning", "unknown"), "●1 "),
        (("unknown", "info"), "◌ "),
    ],
)
def test_the_title_carries_sign_and_count_of_the_worst(levels: tuple[str, ...], title: str) -> None:
    assert live.title([finding(level) for level in levels]) == title


def test_alerts_and_checks_together_make_the_answer(viewer: Client) -> None:
    now = timezone.now()
    record("cpu_usage_percent", {now: 42.0}, instance="web")
    an_alert(now, severity=Severity.CRITICAL, summary="Memory is at 95 %")
    HealthCheckState.objects.create(
        name="disk", status="warning", message="86 % in use", checked_at=now, changed_at=now
    )
    found = viewer.get("/ops/api/live").json()
    assert found["title"] == "▲1 "
    assert found["status"]["text"] == "Memory is at 95 %"
    assert found["status"]["others"] == "also 1 warning"
    assert found["tiles"][0]["text"] == "42.0 %"
    assert found["checklist"] is None


def test_before_the_first_sample_a_checklist_says_what_is_awaited(viewer: Client) -> None:
    found = viewer.get("/ops/api/live").json()
    assert [item["name"] for item in found["checklist"]] == ["Database", "Broker", "Worker", "Beat", "Rules"]
    assert found["checklist"][0]["level"] == "ok"


def test_what_did_not_change_is_not_sent_again(viewer: Client) -> None:
    first = viewer.get("/ops/api/live")
    second = viewer.get("/ops/api/live", headers={"if-none-match": first["ETag"]})
    assert second.status_code == 304
    assert second.content == b""
    assert int(second["X-Ops-Now"]) >= first.json()["now"]


def test_an_alert_changes_the_answer_and_its_section_only(viewer: Client) -> None:
    record("cpu_usage_percent", {timezone.now(): 42.0}, instance="web")
    first = viewer.get("/ops/api/live")
    an_alert(timezone.now())
    second = viewer.get("/ops/api/live", headers={"if-none-match": first["ETag"]})
    before, after = first.json()["versions"], second.json()["versions"]
    assert {name for name in before if before[name] != after[name]} == {"alerts", "status"}


def test_charts_get_what_is_newer_than_they_have(viewer: Client) -> None:
    now = timezone.now()
    record("cpu_usage_percent", {now - timedelta(seconds=30): 1.0, now - timedelta(seconds=5): 2.0}, instance="web")
    since = to_ms(now - timedelta(seconds=20))
    found = viewer.get(f"/ops/api/live?since={since}&metric=cpu_usage_percent").json()
    assert found["points"]["cpu_usage_percent"][0]["value"] == [2.0]


@pytest.mark.parametrize(
    "query", ["since=yesterday", "since=-1", f"since={'9' * 30}", "&".join(["metric=m"] * 9), "metric=%00"]
)
def test_a_question_that_cannot_be_read_is_refused(viewer: Client, query: str) -> None:
    response = viewer.get(f"/ops/api/live?{query}")
    assert response.status_code == 400
    assert "since is milliseconds" in response.json()["error"]


@pytest.mark.parametrize("address", ["/ops/api/live", "/ops/api/series?metric=cpu_usage_percent"])
def test_who_is_signed_out_is_told_so_in_json(client: Client, address: str) -> None:
    response = client.get(address)
    assert (response.status_code, response.json()) == (401, {"error": "You are signed out. Sign in again."})


@pytest.mark.parametrize(
    ("scope", "sections"),
    [
        ("metrics:read", {"tiles", "sampled_at"}),
        ("alerts:read", {"alerts", "rules"}),
        ("health:read", {"health", "checks", "processes"}),
    ],
)
def test_a_token_reads_the_parts_that_its_scope_is_for(client: Client, scope: str, sections: set[str]) -> None:
    _, text = issue("script", [scope], person("Viewer"))
    found = client.get("/ops/api/live?since=0&metric=x", headers={"authorization": f"Bearer {text}"}).json()
    everyones = {"now", "versions", "stale_after_ms"}
    assert found.keys() - everyones - {"points"} == sections
    assert ("points" in found) == (scope == "metrics:read")


def test_a_token_with_every_scope_reads_everything(client: Client) -> None:
    _, text = issue("script", ["metrics:read", "alerts:read", "health:read"], person("Viewer"))
    found = client.get("/ops/api/live", headers={"authorization": f"Bearer {text}"}).json()
    assert {"status", "title", "alerts", "tiles", "health", "processes"} <= found.keys()


@pytest.mark.parametrize(
    ("scopes", "sees_alerts"), [(["metrics:read"], False), (["metrics:read", "alerts:read"], True)]
)
def test_the_alerts_of_a_chart_take_the_scope_of_alerts(client: Client, scopes: list[str], sees_alerts: bool) -> None:
    _, text = issue("script", scopes, person("Viewer"))
    headers = {"authorization": f"Bearer {text}"}
    found = client.get("/ops/api/series?metric=cpu_usage_percent", headers=headers).json()
    assert ("bands" in found, "thresholds" in found) == (sees_alerts, sees_alerts)


@pytest.mark.parametrize("address", ["/ops/api/live", "/ops/api/series?metric=cpu_usage_percent"])
def test_who_has_no_role_reads_nothing(client: Client, address: str) -> None:
    client.force_login(User.objects.create_user("norole"))
    response = client.get(address)
    assert response.status_code == 403
    assert "Ask an administrator" in response.json()["error"]


@pytest.mark.parametrize(("scope", "status"), [("metrics:read", 200), ("health:read", 403)])
def test_a_token_reads_series_when_it_may_read_metrics(client: Client, scope: str, status: int) -> None:
    _, text = issue("script", [scope], person("Viewer"))
    response = client.get("/ops/api/series?metric=cpu_usage_percent", headers={"authorization": f"Bearer {text}"})
    assert response.status_code == status


def test_a_series_comes_with_its_limits_and_bands(viewer: Client) -> None:
    now = timezone.now()
    record("cpu_usage_percent", {now: 42.0}, instance="web")
    an_alert(now, labels={"metric": "cpu_usage_percent"})
    found = viewer.get("/ops/api/series?metric=cpu_usage_percent&from=now-15m&to=now").json()
    assert found["series"][0]["tags"] == {"instance": "web"}
    assert found["to"] - found["from"] == 15 * 60 * 1000
    assert len(found["bands"]) == 1
    assert found["thresholds"] == []


@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        ("", 400, "Name a metric"),
        ("metric=%00", 400, "Name a metric"),
        ("metric=nonsense", 404, "no metric called 'nonsense'"),
        ("metric=cpu_usage_percent&from=x", 400, "'x' is not a time"),
        ("metric=cpu_usage_percent&from=now&to=now-1h", 400, "has to begin"),
        (
            "metric=cpu_usage_percent&from=9999-12-31T23:00&to=9999-12-31T23:59:59.9999",
            400,
            "ends more than a day ahead",
        ),
    ],
)
def test_a_bad_question_for_a_series_says_what_is_wrong(viewer: Client, query: str, status: int, why: str) -> None:
    response = viewer.get(f"/ops/api/series?{query}")
    assert response.status_code == status
    assert why in response.json()["error"]


def test_a_chart_of_more_samples_than_one_answer_can_hold_says_so(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_SAMPLES", 0)
    record("cpu_usage_percent", {timezone.now(): 42.0}, instance="web")
    response = viewer.get("/ops/api/series?metric=cpu_usage_percent&from=now-15m&to=now")
    assert response.status_code == 413
    assert "ask for fewer series or a shorter span" in response.json()["error"]


def test_the_live_answer_leaves_out_the_points_that_one_answer_cannot_hold(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FEW_CHUNKS", 0)
    monkeypatch.setattr(limits, "MOST_SAMPLES", 1)
    now = timezone.now()
    for host in ("web-1", "web-2"):
        record("cpu_usage_percent", {now - timedelta(seconds=5): 42.0}, instance=host)
    record("memory_usage_percent", {now - timedelta(seconds=5): 7.0}, instance="web-1")
    metrics = "metric=cpu_usage_percent&metric=memory_usage_percent"
    found = viewer.get(f"/ops/api/live?since={to_ms(now - timedelta(minutes=5))}&{metrics}").json()
    assert [one["value"] for one in found["points"]["memory_usage_percent"]] == [[7.0]]
    assert "cpu_usage_percent" not in found["points"]
    assert found["tiles"][0]["text"] == "42.0 %"
