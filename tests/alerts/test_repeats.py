from datetime import timedelta

import pytest

from alerts.models import Alert, AlertEvent, Channel, Notification, Rule
from alerts.outbox import deliver_due
from alerts.repeats import repeat_due
from tests.alerts.rows import a_channel, an_alert, events, firing
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def channel() -> Channel:
    return a_channel()


def told(alert: Alert, channel: Channel) -> Notification:
    row = firing(alert, channel, NOW)
    deliver_due(NOW)
    return row


def test_an_open_alert_is_told_again_every_four_hours(channel: Channel) -> None:
    alert = an_alert(NOW)
    told(alert, channel)

    assert repeat_due(NOW + 3 * HOUR) == 0
    assert repeat_due(NOW + 4 * HOUR + timedelta(minutes=1)) == 1
    assert repeat_due(NOW + 5 * HOUR) == 0  # it waits to be sent
    deliver_due(NOW + 5 * HOUR)
    assert Notification.objects.filter(state="sent").count() == 2
    assert events(alert, "repeated") == [""]
    assert repeat_due(NOW + 8 * HOUR) == 0
    assert repeat_due(NOW + 9 * HOUR + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: Rule.objects.update(repeat_interval_minutes=0),
        lambda: Rule.objects.update(enabled=False),
        lambda: Alert.objects.update(acknowledged_at=NOW),
        lambda: Alert.objects.update(resolved_at=NOW),
        lambda: Alert.objects.update(fingerprint="rule"),
        lambda: Channel.objects.update(enabled=False),
    ],
    ids=["never", "disabled", "acknowledged", "resolved", "about the rule itself", "channel disabled"],
)
def test_nothing_is_repeated_that_nobody_wants_to_hear(channel: Channel, change: object) -> None:
    told(an_alert(NOW), channel)
    change()  # type: ignore[operator]  # one of the above
    assert repeat_due(NOW + 9 * HOUR) == 0


def test_each_rule_has_its_own_interval_and_each_channel_its_own_time(channel: Channel) -> None:
    rule = Rule.objects.create(name="often", condition="value > 1", repeat_interval_minutes=30)
    often, seldom = an_alert(NOW, rule=rule), an_alert(NOW)
    told(often, channel)
    told(seldom, channel)
    late = firing(often, a_channel("late"), NOW)
    Notification.objects.filter(pk=late.pk).update(state="sent", sent_at=NOW + HOUR)

    assert repeat_due(NOW + HOUR) == 1
    assert AlertEvent.objects.get(kind="repeated").alert == often
    assert Notification.objects.get(event__kind="repeated").channel == channel


def test_what_is_due_does_not_wait_behind_many_that_are_not(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.repeats.MOST_AT_ONCE", 3)
    for number in range(3):
        told(an_alert(NOW, fingerprint=str(number)), channel)
    often = Rule.objects.create(name="often", condition="value > 1", repeat_interval_minutes=30)
    told(an_alert(NOW, rule=often), channel)

    assert repeat_due(NOW + HOUR) == 1


def test_those_that_were_told_longest_ago_are_repeated_first(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.repeats.MOST_AT_ONCE", 1)
    for name, ago in (("late", 5 * HOUR), ("later", 6 * HOUR)):
        firing(an_alert(NOW, fingerprint=name), channel, NOW, state="sent", sent_at=NOW - ago)

    assert repeat_due(NOW) == 1
    assert AlertEvent.objects.get(kind="repeated").alert.fingerprint == "later"


def test_an_alert_that_nobody_was_told_of_is_not_repeated(channel: Channel) -> None:
    firing(an_alert(NOW), channel, NOW, state="withheld")
    assert repeat_due(NOW + 9 * HOUR) == 0
