from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from alerts.models import Alert, Channel, Notification, Rule
from monitoring.clock import database_now
from tests.alerts.feed import Feed
from tests.alerts.rows import an_alert, firing
from tests.alerts.told import configure

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]


@pytest.fixture
def peaks(feed: Feed) -> None:
    feed.now -= timedelta(minutes=11)
    for value in (50, 85, 50, 50, 95, 50):
        feed(value, passed=timedelta(seconds=100), host="a")


def said(*words: str) -> str:
    out = StringIO()
    call_command("rules", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_it_says_how_often_a_rule_would_have_fired_and_writes_nothing(make_rule: MakeRule, peaks: None) -> None:
    make_rule(cooldown_minutes=0)
    text = said("replay", "high_cpu", "--since", "24h")
    assert "fires twice, notifies twice, longest 1 min 40 s" in text
    assert 'medium for 1 min 40 s, told: cpu_usage_percent{host="a"} at 85' in text
    assert "With 85 as the threshold it would fire 1 times." in text
    assert not Alert.objects.exists()
    assert not Notification.objects.exists()


def test_what_withheld_a_message_is_said(make_rule: MakeRule, peaks: None) -> None:
    make_rule(cooldown_minutes=60)
    text = said("replay", "high_cpu", "--since", "1h")
    assert "log: firing withheld: resolved before it could be told (cooldown until" in text


def test_another_condition_is_tried_without_saving_it(make_rule: MakeRule, peaks: None) -> None:
    rule = make_rule()
    text = said("replay", "high_cpu", "--since", "1h", "--condition", "name == 'cpu_usage_percent' and value > 90")
    assert "fires once" in text
    rule.refresh_from_db()
    assert rule.condition.endswith("> 80")


def test_where_nothing_is_known_it_says_for_how_long(make_rule: MakeRule, feed: Feed) -> None:
    feed.now -= timedelta(minutes=50)
    for passed in (10, 10, 10, 1200, 10, 10):
        feed(50, passed=timedelta(seconds=passed), host="a")
    make_rule()
    assert 'unknown for 20 min: cpu_usage_percent{host="a"}' in said("replay", "high_cpu", "--since", "1h")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nobody",), "There is no rule nobody"),
        (("high_cpu", "--since", "1s"), "no span from 5m to 30d"),
        (("high_cpu", "--condition", "valu > 1"), "cannot be judged"),
    ],
)
def test_what_cannot_be_replayed_is_an_error(make_rule: MakeRule, words: tuple[str, ...], reason: str) -> None:
    make_rule()
    with pytest.raises(CommandError, match=reason):
        said("replay", *words)


def test_messages_of_other_rules_count_towards_the_limit_of_a_channel(
    make_rule: MakeRule, peaks: None, settings: Settings
) -> None:
    configure(settings, global_rate_limit=1)
    make_rule(cooldown_minutes=0)
    channel = Channel.objects.get()
    at = database_now() - timedelta(minutes=11)
    firing(an_alert(at), channel, at, state=Notification.State.SENT, sent_at=at)
    assert "global limit of 1 messages" in said("replay", "high_cpu", "--since", "1h")
