"""What one cycle makes of rules together: dependencies, rules about the past, rules that break."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from alerts.message import message_of
from alerts.models import Alert, AlertEvent, Channel, Notification, Rule
from alerts.templatetags.alerts import event_icon, event_level, event_name
from tests.alerts.cycles import judge, live, told
from tests.alerts.feed import Feed

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]


@pytest.fixture(autouse=True)
def reader(feed: Feed) -> None:
    judge(feed.now)


@pytest.fixture
def family(make_rule: MakeRule) -> tuple[Rule, Rule]:
    """A rule on memory, and one on CPU that depends on it."""
    child = make_rule("child")
    parent = make_rule("parent", condition="name == 'memory_usage_percent' and value > 90")
    child.depends_on.add(parent)
    return parent, child


def both(feed: Feed, memory: float, cpu: float, **tags: str) -> None:
    feed(cpu, **tags)
    feed(memory, name="memory_usage_percent", passed=timedelta(0), **tags)
    judge(feed.now)


def test_a_child_does_not_fire_while_its_parent_does(family: tuple[Rule, Rule], feed: Feed) -> None:
    both(feed, 95, 95)
    assert [alert.rule_name for alert in Alert.objects.all()] == ["parent"]
    assert "holds back: child" in Alert.objects.get().summary
    both(feed, 20, 95)
    assert [alert.rule_name for alert in Alert.objects.filter(resolved_at=None)] == ["child"]


def test_a_child_that_fires_already_keeps_firing_while_its_parent_does(family: tuple[Rule, Rule], feed: Feed) -> None:
    both(feed, 20, 95)
    both(feed, 95, 20)
    assert Alert.objects.filter(resolved_at=None).count() == 2
    both(feed, 20, 20)
    assert Alert.objects.filter(resolved_at=None).count() == 0


def test_a_parent_on_another_host_holds_nothing_back(family: tuple[Rule, Rule], feed: Feed) -> None:
    both(feed, 95, 20, instance="a")
    both(feed, 20, 95, instance="b")
    assert {alert.rule_name for alert in Alert.objects.all()} == {"parent", "child"}


def test_rules_in_a_circle_are_judged_and_hang_nothing(family: tuple[Rule, Rule], feed: Feed) -> None:
    parent, child = family
    parent.depends_on.add(child)  # past the form, which refuses it
    both(feed, 95, 20)
    assert [alert.rule_name for alert in Alert.objects.all()] == ["parent"]


def test_a_rule_about_the_past_only_has_one_instance_and_needs_no_sample(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="avg('cpu_usage_percent', '5m') > 80")
    live(feed, 90, instance="a")
    live(feed, 85, instance="b")
    assert Alert.objects.get().subject == "the past of cpu_usage_percent"
    feed.now += timedelta(minutes=6)
    judge(feed.now)
    assert told() == ["opened", "resolved"]


def test_absence_fires_without_a_sample(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="absent('cpu_usage_percent', '5m')")
    judge(feed.now)
    assert Alert.objects.count() == 1


def test_a_window_beside_a_fact_is_of_the_facts_own_series(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="name == 'cpu_usage_percent' and value > 2 * avg('cpu_usage_percent', '1h')")
    for value in (10, 10, 10, 90):
        feed(value, instance="a")
        feed(90, passed=timedelta(0), instance="b")
        judge(feed.now)
    assert [alert.labels["instance"] for alert in Alert.objects.all()] == ["a"]


def test_a_rule_that_breaks_tells_its_owner_once_and_resolves_nothing(make_rule: MakeRule, feed: Feed) -> None:
    owner = Channel.objects.create(name="owner", kind="log")
    make_rule(condition="name == 'cpu_usage_percent' and 1 / (value - 50) > 0", owner_channel=owner)
    live(feed, 90, 50, 50)
    assert Alert.objects.filter(resolved_at=None).count() == 2
    (news,) = Notification.objects.filter(channel=owner)
    assert "division by zero" in news.alert.summary
    live(feed, 90)
    assert Alert.objects.get(fingerprint="rule").resolved_reason == "the rule works again"
    assert Alert.objects.exclude(fingerprint="rule").get().is_open


def test_a_broken_rule_that_is_disabled_is_no_longer_broken(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule(condition="value >")
    judge(feed.now)
    rule.enabled = False
    rule.save()
    judge(feed.now)
    assert Alert.objects.get().resolved_reason == "rule disabled"


def test_many_changes_become_one_notice_and_silence(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    live(feed, *[90, 20] * 6)
    assert Alert.objects.count() == 6
    assert told().count("flapping") == 1
    due = Notification.objects.filter(state=Notification.State.DUE).count()
    assert due == 5
    assert set(Notification.objects.exclude(state="due").values_list("gate", flat=True)) == {"flapping"}


def test_the_notice_is_the_message_of_the_change_that_made_it_flap(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    live(feed, 90, 20, 90, 20, 90)
    notice = Notification.objects.select_related("alert__rule", "channel", "event").latest("id")
    assert notice.event.kind == "flapping"
    assert "quiet until there are fewer than 2" in message_of(notice, feed.now).summary


@pytest.mark.parametrize("kind", AlertEvent.Kind.values)
def test_every_kind_of_event_has_a_look(kind: str) -> None:
    event = AlertEvent(kind=kind, severity=3, alert=Alert(severity=3))
    assert event_icon(event)
    assert event_name(event)
    assert event_level(event)


def test_what_is_true_is_told_once_an_instance_calms_down(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    live(feed, *[90, 20] * 6)
    live(feed, *[90] * 22)
    last = Alert.objects.latest("opened_at")
    assert Notification.objects.get(alert=last, kind="firing").state == Notification.State.DUE
    live(feed, 20)
    assert Notification.objects.get(alert=last, kind="resolved").state == Notification.State.DUE
