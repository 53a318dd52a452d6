from collections.abc import Callable

import pytest

from alerts.models import Alert, AlertEvent, Notification, Rule, Severity
from alerts.standing import standings_of
from tests.alerts.cycles import judge, live, told
from tests.alerts.feed import Feed
from tests.alerts.rows import claim_first

pytestmark = pytest.mark.django_db
LEVELS = {
    "condition": "name == 'cpu_usage_percent' and value > 85",
    "worse_condition": "value > 95",
    "severity": Severity.MEDIUM,
}


@pytest.fixture
def rule(make_rule: Callable[..., Rule], feed: Feed) -> Rule:
    judge(feed.now)
    return make_rule(**LEVELS)


def test_an_alert_gets_worse_and_better_in_place(rule: Rule, feed: Feed) -> None:
    live(feed, 90, 97, 96, 88, 50)
    assert told() == ["opened", "severity changed", "severity changed", "resolved"]
    changes = AlertEvent.objects.filter(kind="severity changed").order_by("id")
    assert [event.reason for event in changes] == ["medium to critical", "critical to medium"]
    assert Alert.objects.count() == 1


def test_an_alert_opens_with_the_worse_severity_when_it_is_that_bad(rule: Rule, feed: Feed) -> None:
    live(feed, 97)
    assert Alert.objects.get().severity == Severity.CRITICAL


def test_what_is_told_of_a_rise_is_the_value_of_now(rule: Rule, feed: Feed) -> None:
    live(feed, 90, 97)
    assert Alert.objects.get().summary == "cpu_usage_percent is 97"
    assert Alert.objects.get().value == 90


def test_each_change_of_severity_is_told(rule: Rule, feed: Feed) -> None:
    live(feed, 90, 97)
    assert [row.event.kind for row in Notification.objects.order_by("id")] == ["opened", "severity changed"]


def test_a_rise_is_not_held_by_the_cooldown_of_what_was_told_before(rule: Rule, feed: Feed) -> None:
    live(feed, 90)
    Notification.objects.update(state=Notification.State.SENT, sent_at=feed.now)
    live(feed, 97)
    rise = Notification.objects.select_related("channel").latest("id")
    (standing,) = standings_of([claim_first(rise.channel, feed.now)], feed.now)
    assert standing.last_told is not None
    assert standing.is_rise


def test_an_edited_severity_moves_the_open_alert(rule: Rule, feed: Feed) -> None:
    live(feed, 90)
    rule.severity = Severity.HIGH
    rule.save()
    live(feed, 90)
    assert Alert.objects.get().severity == Severity.HIGH


def test_an_alert_ends_only_when_the_recovery_condition_is_true(rule: Rule, feed: Feed) -> None:
    rule.recovery_condition = "value < 70"
    rule.save()
    live(feed, 90, 80, 75)
    assert Alert.objects.get().is_open
    live(feed, 60)
    assert not Alert.objects.get().is_open


def test_an_edited_recovery_condition_counts_a_version_up(rule: Rule) -> None:
    rule.recovery_condition = "value < 70"
    rule.save()
    assert rule.version == 2
