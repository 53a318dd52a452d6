"""The database's clock is set back by hours while rows wait, are held, or are being sent."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from alerts.clock_steps import bring_back
from alerts.delivery import claim, due_by_channel
from alerts.models import Channel, Notification, Rule
from alerts.outbox import deliver_due
from tests.alerts.rows import a_channel, an_alert, firing
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State
AHEAD = NOW + timedelta(hours=6)
"""What the clock said before it was set back to NOW."""


@pytest.fixture
def channel() -> Channel:
    return a_channel()


def state(row: Notification) -> str:
    return Notification.objects.get(pk=row.pk).state


def test_what_was_due_before_the_clock_was_set_back_is_sent_now(channel: Channel) -> None:
    row = firing(an_alert(AHEAD), channel, AHEAD)

    deliver_due(NOW)
    assert state(row) == State.SENT


def test_a_worker_that_was_lost_before_is_not_waited_for(channel: Channel) -> None:
    row = firing(an_alert(AHEAD), channel, AHEAD)
    claim(due_by_channel(AHEAD)[channel.pk], AHEAD)

    deliver_due(NOW)
    assert state(row) == State.SENT


def test_a_row_that_waits_for_a_retry_longer_than_any_is_retried(channel: Channel) -> None:
    row = firing(an_alert(NOW), channel, NOW, attempts=1, due_at=AHEAD)

    deliver_due(NOW)
    assert state(row) == State.SENT


def test_a_cooldown_that_began_in_the_future_holds_nothing(channel: Channel) -> None:
    firing(an_alert(NOW, resolved_at=NOW), channel, AHEAD, state=State.SENT, sent_at=AHEAD)
    until = AHEAD + timedelta(minutes=15)
    held = firing(an_alert(NOW), channel, NOW, due_at=until, gate="cooldown")

    deliver_due(NOW)
    assert state(held) == State.SENT


def test_a_long_cooldown_is_kept(channel: Channel) -> None:
    Rule.objects.create(name="high_cpu_usage", condition="value > 80", cooldown_minutes=24 * 60)
    until = NOW + timedelta(hours=24)
    row = firing(an_alert(NOW), channel, NOW, due_at=until, gate="cooldown")

    assert bring_back(NOW) == 0
    assert bring_back(NOW - timedelta(minutes=2)) == 1
    assert Notification.objects.get(pk=row.pk).due_at == NOW - timedelta(minutes=2)


def test_retries_keep_their_waits_after_the_clock_was_set_back(settings: Settings, channel: Channel) -> None:
    configure(settings, retry_seconds=(60.0,))
    Channel.objects.update(kind="pigeon")  # which fails
    row = firing(an_alert(AHEAD), channel, AHEAD)

    deliver_due(NOW)
    assert deliver_due(NOW + timedelta(seconds=30)) == 0
    assert Notification.objects.get(pk=row.pk).attempts == 1


@pytest.mark.parametrize("ahead", [timedelta(seconds=30), timedelta(hours=1)])
def test_an_ordinary_wait_is_kept(channel: Channel, ahead: timedelta) -> None:
    firing(an_alert(NOW), channel, NOW, attempts=1, due_at=NOW + ahead)

    assert bring_back(NOW) == 0
    assert deliver_due(NOW) == 0
