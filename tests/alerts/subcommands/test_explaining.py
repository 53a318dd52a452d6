from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from alerts.models import Notification, Rule, Silence
from alerts.models.gate import Gate
from tests.alerts.cycles import live
from tests.alerts.feed import Feed

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]


@pytest.fixture(autouse=True)
def earlier(feed: Feed) -> None:
    """What is recorded is over by now."""
    feed.now -= timedelta(minutes=10)


def said(*words: str) -> str:
    out = StringIO()
    call_command("rules", "explain", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_every_part_is_said_with_its_value_sample_and_age(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="name == 'cpu_usage_percent' and value > 80 and avg('cpu_usage_percent', '5m') > 90")
    live(feed, 70, 85)
    text = said("high_cpu", "--at", (feed.now + timedelta(seconds=3)).isoformat())
    assert "The condition is false; ok: no clock runs." in text
    assert "value > 80 = true" in text
    assert "value = 85   [cpu_usage_percent]" in text
    assert "avg('cpu_usage_percent', '5m') > 90 = false" in text
    assert "avg('cpu_usage_percent', '5m') = 77.5   [2 snapshots of one series of cpu_usage_percent]" in text
    assert "No alert was open, so no gate was asked." in text


def test_a_pending_clock_says_how_far_it_has_come(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(for_seconds=300)
    for _ in range(19):
        feed(90, host="a")
    text = said("high_cpu", "--at", feed.now.isoformat())
    assert "pending: true for 3 min of the 5 min it has to hold" in text


def test_the_gates_are_said_in_order_with_the_first_that_stopped_and_its_row(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    live(feed, 50, 95)
    row = Notification.objects.get()
    silence = Silence.objects.create(
        matchers="rule=high_cpu", comment="x", created_at=feed.now, starts_at=feed.now, ends_at=feed.now + timedelta(1)
    )
    Notification.objects.filter(pk=row.pk).update(
        gate=Gate.SILENCE, held_reason="silenced by kim", silence=silence, created_at=feed.now - timedelta(seconds=1)
    )
    text = said("high_cpu", "--at", feed.now.isoformat())
    assert "log, firing" in text
    assert "held: silenced by kim" in text
    assert f"  maintenance: passed\n  silence: stopped: silenced by kim (silence {silence.pk})\n" in text
    assert "  cooldown: not asked" in text


def test_without_an_instance_those_it_is_about_are_listed(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(50, host="a")
    feed(50, host="b")
    text = said("high_cpu")
    assert 'cpu_usage_percent{host="a"}' in text
    assert 'cpu_usage_percent{host="b"}' in text


def test_an_instance_can_be_named_by_a_part_of_its_name(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(50, host="a")
    feed(50, host="b")
    assert 'high_cpu on cpu_usage_percent{host="b"}' in said("high_cpu", "--instance", 'host="b"')
    with pytest.raises(CommandError, match="2 instances fit"):
        said("high_cpu", "--instance", "host")


def test_a_part_that_breaks_says_why(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="name == 'cpu_usage_percent' and 100 / value > 2")
    live(feed, 0)
    assert "100 / value = broken: division by zero" in said("high_cpu", "--at", feed.now.isoformat())


def test_a_time_that_is_none_is_refused(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(50)
    with pytest.raises(CommandError, match="is no time"):
        said("high_cpu", "--at", "yesterday")
