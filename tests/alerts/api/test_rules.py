from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from ahgd_ops.access import tokens
from alerts.models import Rule
from alerts.replay import reading
from alerts.replay.budget import Budget
from tests.alerts.feed import Feed
from tests.people import person

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]
RULES = "/api/v1/rules"


@pytest.fixture
def rule(make_rule: MakeRule, feed: Feed) -> Rule:
    """Two peaks on one host over the last ten minutes, of 85 and of 95."""
    feed.now -= timedelta(minutes=11)
    for value in (50, 85, 50, 50, 95, 50):
        feed(value, passed=timedelta(seconds=100), host="a")
    return make_rule(cooldown_minutes=0)


@pytest.fixture
def headers(db: None) -> dict[str, str]:
    _, text = tokens.issue("ci", ["rules:read"], person("Viewer", name="robot"))
    return {"Authorization": f"Bearer {text}"}


def told(response: HttpResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_a_saved_rule_is_replayed_with_its_episodes(rule: Rule, headers: dict[str, str], client: Client) -> None:
    found = told(client.get(f"{RULES}/{rule.name}/replay", {"since": "1h"}, headers=headers))
    assert found["summary"].startswith("fires twice, notifies twice, longest 1 min 40 s")
    assert [one["value"] for one in found["episodes"]] == [85.0, 95.0]
    first = found["episodes"][0]
    assert (first["rule"], first["subject"]) == (rule.name, 'cpu_usage_percent{host="a"}')
    assert first["start"] < first["end"]
    assert [(one["kind"], one["is_told"]) for one in first["letters"]] == [("firing", True), ("resolved", True)]


def test_a_draft_says_how_it_differs_from_the_saved_rule(rule: Rule, headers: dict[str, str], client: Client) -> None:
    body = {"condition": "name == 'cpu_usage_percent' and value > 90", "since": "1h"}
    found = told(client.post(f"{RULES}/{rule.name}/replay", body, "application/json", headers=headers))
    assert found["fires"] == 1
    assert (found["difference"]["fires"], found["difference"]["notifications"]) == (-1, -1)
    assert [one["value"] for one in found["difference"]["vanished"]] == [85.0]
    assert Rule.objects.get().condition == rule.condition


def test_a_threshold_is_suggested_with_how_often_it_would_fire(
    rule: Rule, headers: dict[str, str], client: Client
) -> None:
    found = told(client.get(f"{RULES}/{rule.name}/replay", {"since": "1h", "suggest": True}, headers=headers))
    assert found["suggestion"] == {
        "threshold": 85.0,
        "condition": "name == 'cpu_usage_percent' and value > 85",
        "fires": 1,
    }


def test_a_rule_is_explained_on_an_instance(rule: Rule, headers: dict[str, str], client: Client) -> None:
    instance = told(client.get(f"{RULES}/{rule.name}/replay", {"since": "1h"}, headers=headers))["episodes"][0]
    asked = {"instance": instance["instance"], "at": instance["start"]}
    found = told(client.get(f"{RULES}/{rule.name}/explain", asked, headers=headers))
    parts = {part["text"]: part["value"] for part in found["conditions"][0]["parts"]}
    assert parts["value > 80"] == "true"
    assert parts["value"] == "85"
    assert found["clock"]["state"] == "firing"


@pytest.mark.parametrize(
    ("path", "status"), [("nobody/replay", 404), ("high_cpu/replay?since=1s", 422), ("high_cpu/explain", 422)]
)
def test_what_cannot_be_answered_says_why(
    rule: Rule, headers: dict[str, str], client: Client, path: str, status: int
) -> None:
    response = client.get(f"{RULES}/{path}", headers=headers)
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json")


def test_a_condition_that_is_refused_is_named(rule: Rule, headers: dict[str, str], client: Client) -> None:
    response = client.post(
        f"{RULES}/{rule.name}/replay", {"condition": "valu > 1"}, "application/json", headers=headers
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "condition"


@pytest.mark.parametrize("suggest", [False, True])
def test_a_replay_that_takes_too_long_says_so(
    rule: Rule, headers: dict[str, str], client: Client, monkeypatch: pytest.MonkeyPatch, suggest: bool
) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (-1.0, *(Budget.__init__.__defaults__ or ())[1:]))
    monkeypatch.setattr(reading, "PART_MS", 60_000)
    response = client.get(f"{RULES}/{rule.name}/replay", {"since": "1h", "suggest": suggest}, headers=headers)
    assert response.status_code == 422
    assert "Look back a shorter time" in response.json()["detail"]


def test_a_token_without_the_scope_is_refused(rule: Rule, client: Client) -> None:
    _, text = tokens.issue("pager", ["alerts:read"], person("Operator"))
    response = client.get(f"{RULES}/{rule.name}/replay", headers={"Authorization": f"Bearer {text}"})
    assert response.status_code == 403
