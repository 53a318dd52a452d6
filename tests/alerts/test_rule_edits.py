"""What becomes of alerts when people edit, disable or delete their rule."""

from collections.abc import Callable

import pytest

from alerts import evaluation
from alerts.models import Alert, Rule
from tests.alerts.feed import Feed, events, judge

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]


@pytest.fixture(autouse=True)
def reader(feed: Feed) -> None:
    """The evaluator has looked before, so that what comes now is new to it."""
    evaluation.evaluate(feed.now)


def test_disabling_a_rule_resolves_its_alerts(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule()
    feed(90)
    judge(feed)
    Rule.objects.filter(pk=rule.pk).update(enabled=False)
    judge(feed)
    assert Alert.objects.get().resolved_reason == "rule disabled"


def test_deleting_a_rule_resolves_its_alerts_and_keeps_their_history(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule()
    feed(90)
    judge(feed)
    rule.delete()
    judge(feed)
    alert = Alert.objects.get()
    assert (alert.rule_name, alert.resolved_reason) == ("high_cpu", "rule deleted")


def test_an_edited_condition_is_judged_at_once_on_the_latest_value(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule()
    feed(90)
    judge(feed)
    rule.condition = "name == 'cpu_usage_percent' and value > 95"
    rule.save()
    judge(feed)
    assert Alert.objects.get().resolved_reason == "rule changed"


def test_an_edit_that_keeps_the_condition_true_keeps_the_alert(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule()
    feed(90)
    judge(feed)
    rule.condition = "name == 'cpu_usage_percent' and value > 85"
    rule.save()
    judge(feed)
    judge(feed)
    assert Alert.objects.get().is_open
    assert events() == ["opened"]


def test_an_edited_rule_that_left_its_series_resolves(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule()
    feed(90)
    judge(feed)
    rule.condition = "name == 'memory_usage_percent' and value > 1"
    rule.save()
    judge(feed)
    assert Alert.objects.get().resolved_reason == "rule changed"


def test_editing_text_or_severity_changes_no_state(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule()
    feed(90)
    judge(feed)
    rule.message_template = "Busy"
    rule.save()
    assert Rule.objects.get().version == 1
    judge(feed)
    assert events() == ["opened"]
