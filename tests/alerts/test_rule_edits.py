"""What becomes of alerts when people edit, disable or delete their rule."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError

from alerts import evaluation, rulebook
from alerts.models import Alert, Rule, Severity
from monitoring.clock import database_now
from monitoring.models import Metric
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


def test_an_edit_of_many_rules_at_once_is_judged_in_the_next_cycle(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(90)
    judge(feed)
    assert Rule.objects.update(condition="name == 'cpu_usage_percent' and value > 95") == 1
    judge(feed)
    assert Alert.objects.get().resolved_reason == "rule changed"
    assert Rule.objects.get().version == 2


def test_rules_that_were_updated_in_bulk_are_judged_anew(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule()
    feed(50)
    judge(feed)
    rule.condition = "name == 'cpu_usage_percent' and value > 40"
    Rule.objects.bulk_update([rule], ["condition"])
    feed(50)
    assert judge(feed).opened == 1


def test_an_edit_of_many_rules_that_judges_nothing_else_keeps_their_version(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(90)
    judge(feed)
    Rule.objects.update(for_seconds=60)
    feed(90, instance="b")
    judge(feed)
    assert Rule.objects.get().version == 1
    assert Alert.objects.count() == 1


def test_noting_that_a_rule_is_broken_makes_no_evaluator_read_the_rules_anew(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    before = rulebook.load()
    Rule.objects.update(broken_reason="division by zero")
    assert rulebook.load() is before


def test_a_category_that_was_edited_counts_in_the_next_cycle(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="category == 'rooms' and value > 80")
    feed(90, name="room_load")
    assert judge(feed).opened == 0
    Metric.objects.filter(name="room_load").update(category="rooms")
    feed(90, name="room_load")
    assert judge(feed).opened == 1


def test_a_metric_that_came_later_may_be_edited_as_well(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="category == 'rooms' and value > 80")
    feed(90, name="room_load")
    judge(feed)
    feed(90, name="hall_load")
    judge(feed)
    Metric.objects.filter(name="hall_load").update(category="rooms")
    feed(90, name="hall_load")
    assert judge(feed).opened == 1


def test_an_edit_is_noticed_though_another_was_stamped_by_a_clock_that_is_ahead(make_rule: MakeRule) -> None:
    ahead, edited = make_rule("ahead"), make_rule("edited", severity=Severity.LOW)
    Rule.objects.filter(pk=ahead.pk).update(updated_at=database_now() + timedelta(hours=1))
    rulebook.load()
    edited.severity = Severity.CRITICAL
    edited.save()
    assert rulebook.load().rules[edited.pk].severity == Severity.CRITICAL


def test_two_edits_of_one_rule_that_were_begun_on_the_same_text_are_two(make_rule: MakeRule) -> None:
    rule = make_rule()
    first, second = Rule.objects.get(pk=rule.pk), Rule.objects.get(pk=rule.pk)
    first.for_seconds = 60
    first.save()
    second.for_seconds = 600
    second.save()
    assert second.revision == rule.revision + 2


def test_an_edit_of_some_fields_is_noticed(make_rule: MakeRule) -> None:
    rule = make_rule()
    rulebook.load()
    Rule.objects.filter(pk=rule.pk).update(updated_at=database_now() + timedelta(hours=1))
    rule.for_seconds = 600
    rule.save(update_fields=["for_seconds"])
    assert rulebook.load().rules[rule.pk].patience.before_firing == timedelta(seconds=600)


def test_saving_a_rule_as_it_is_makes_no_evaluator_read_anew(make_rule: MakeRule) -> None:
    rule = make_rule()
    rule.save()
    assert rule.revision == 1


@pytest.mark.parametrize(
    "field",
    [
        "for_seconds",
        "keep_firing_for_seconds",
        "no_data_after_seconds",
        "cooldown_minutes",
        "repeat_interval_minutes",
        "max_alerts_per_hour",
    ],
)
def test_no_way_into_the_database_leads_past_the_bounds_of_a_rule(make_rule: MakeRule, field: str) -> None:
    rule = make_rule()
    with pytest.raises(IntegrityError, match="rule_times_within_bounds"):
        Rule.objects.filter(pk=rule.pk).update(**{field: 2147483647})
