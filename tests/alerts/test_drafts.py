from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from monitoring.models import HealthCheckState
from tests.alerts.feed import Feed

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client: Client) -> Client:
    user = User.objects.create_user("vera")
    user.groups.add(Group.objects.get(name="Viewer"))
    client.force_login(user)
    return client


def ask(client: Client, condition: str) -> dict[str, Any]:
    answer = client.post("/ops/alerts/conditions/check/", {"condition": condition})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_mistake_is_told_with_its_place_and_advice(viewer: Client) -> None:
    found = ask(viewer, "value > 1 and valu > 85")
    assert (found["position"], found["advice"]) == (14, "did you mean `value`?")


def test_what_is_accepted_says_what_it_is_now_on_each_series(viewer: Client, feed: Feed) -> None:
    feed(90, instance="a")
    feed(20, instance="b")
    found = ask(viewer, "name == 'cpu_usage_percent' and value > 80")
    assert found["position"] is None
    assert [(line["subject"], line["verdict"]) for line in found["lines"]] == [
        ('cpu_usage_percent{instance="a"}', "true"),
        ('cpu_usage_percent{instance="b"}', "false"),
    ]


def test_checks_and_rules_about_the_past_have_their_verdicts_too(viewer: Client, feed: Feed) -> None:
    HealthCheckState.objects.create(name="database", status="critical", checked_at=feed.now)
    assert [line["verdict"] for line in ask(viewer, "health_check and status == 'critical'")["lines"]] == ["true"]
    found = ask(viewer, "avg('nobody_knows', '5m') > 80")
    assert [line["verdict"] for line in found["lines"]] == ["no data"]
    assert "nobody_knows" in found["warnings"][0]


def test_a_condition_that_breaks_says_why(viewer: Client, feed: Feed) -> None:
    feed(90)
    (line,) = ask(viewer, "name == 'cpu_usage_percent' and 1 / (value - 90) > 0")["lines"]
    assert (line["verdict"], line["reason"]) == ("broken", "division by zero: 1 / 0")


def test_only_the_first_of_many_series_are_told(viewer: Client, feed: Feed) -> None:
    for number in range(25):
        feed(1, instance=str(number))
    found = ask(viewer, "value > 80")
    assert (len(found["lines"]), found["is_shortened"]) == (20, True)


def test_words_for_completion_have_their_kinds(viewer: Client, feed: Feed) -> None:
    feed(1, name="made_up_metric")
    words = viewer.get("/ops/alerts/conditions/words/").json()
    assert "value" in words["fact"]
    assert "p95" in words["function"]
    assert "startswith" in words["method"]
    assert {"cpu_usage_percent", "made_up_metric"} <= set(words["metric"])


def test_who_may_not_see_rules_is_told_nothing(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody"))
    assert client.post("/ops/alerts/conditions/check/", {"condition": "value > 1"}).status_code == 403
    assert client.get("/ops/alerts/conditions/words/").status_code == 403
