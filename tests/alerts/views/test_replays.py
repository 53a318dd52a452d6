from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.models import Alert, Channel, Rule
from tests.alerts.feed import Feed

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]
ADDRESS = "/ops/alerts/rules/replay/"
CONDITION = "name == 'cpu_usage_percent' and value > 80"


@pytest.fixture(autouse=True)
def peaks(feed: Feed) -> None:
    feed.now -= timedelta(minutes=11)
    for value in (50, 85, 50, 50, 95, 50):
        feed(value, passed=timedelta(seconds=100), host="a")


def told(client: Client, **fields: Any) -> dict[str, Any]:
    response = client.post(ADDRESS, {"condition": CONDITION, "since": "24h", **fields})
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def test_a_draft_that_was_never_saved_is_replayed_with_its_channels(viewer: Client, log_channel: Channel) -> None:
    found = told(viewer, cooldown_minutes="0", group_by="[]", channels=[log_channel.pk])
    assert found["summary"] == "fires twice, notifies twice, longest 1 min 40 s"
    assert found["difference"] == ""
    assert not Rule.objects.exists()
    assert not Alert.objects.exists()


def test_without_a_channel_it_says_that_nobody_is_told(viewer: Client) -> None:
    found = told(viewer)
    assert (found["fires"], found["notifications"]) == (2, 0)
    assert found["notes"] == ["It has no channel that is on, so nobody is told."]


def test_the_chart_has_the_threshold_the_episodes_and_where_the_number_stands(viewer: Client) -> None:
    found = told(viewer)
    assert found["threshold"] == {"value": 80.0, "direction": "above", "start": 40, "end": 42}
    assert found["chart"]["series"][0]["value"] == [50, 85, 50, 50, 95, 50]
    assert [band["level"] for band in found["chart"]["bands"]] == ["warning", "warning", "unknown"]


def test_a_saved_rule_is_compared_with_what_is_written(viewer: Client, make_rule: MakeRule) -> None:
    rule = make_rule()
    found = told(viewer, rule=rule.pk, condition="name == 'cpu_usage_percent' and value > 90")
    assert found["fires"] == 1
    assert found["difference"].startswith("Against the saved version: fires -1")
    same = told(viewer, rule=rule.pk, channels=[Channel.objects.get().pk])
    assert same["difference"] == "As the saved version."


def test_a_field_that_cannot_be_used_leaves_the_rest_as_it_is(viewer: Client) -> None:
    assert told(viewer, for_seconds="soon", name="not a name!")["fires"] == 2


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"condition": "valu > 1"}, "did you mean `value`?"),
        ({"since": "1s"}, "no span from 5m to 30d"),
        ({"condition": ""}, "empty"),
    ],
)
def test_what_cannot_be_replayed_says_why(viewer: Client, fields: dict[str, str], reason: str) -> None:
    assert reason in told(viewer, **fields)["refused"]


def test_a_rule_that_breaks_says_where(viewer: Client) -> None:
    found = told(viewer, condition="name == 'cpu_usage_percent' and 100 / (value - 50) > 1000")
    assert "division by zero" in found["broken"]


def test_who_may_not_see_rules_is_refused(client: Client) -> None:
    assert client.post(ADDRESS, {"condition": CONDITION}).status_code in (302, 403)
