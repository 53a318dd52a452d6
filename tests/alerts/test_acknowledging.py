from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User

from alerts import lifecycle
from alerts.acknowledging import NotAcknowledged, acknowledge, give_back, lapse
from alerts.models import Alert
from tests.alerts.rows import an_alert, events
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga")


@pytest.fixture
def alert() -> Alert:
    return an_alert(NOW)


def test_who_acknowledges_says_what_they_do_and_is_shown(alert: Alert, olga: User) -> None:
    acknowledge(alert, olga, " restarting the worker ", NOW)
    assert (alert.owner, alert.acknowledged_note) == ("olga", "restarting the worker")
    event = alert.events.get(kind="acknowledged")
    assert (event.actor, event.reason) == (olga, "restarting the worker")
    assert LogEntry.objects.get(additional_data={"action": "acknowledged"}).actor == olga


def test_it_needs_a_note(alert: Alert, olga: User) -> None:
    with pytest.raises(ValueError, match="note"):
        acknowledge(alert, olga, "  ", NOW)
    assert events(alert, "acknowledged") == []


def test_what_is_over_cannot_be_acknowledged(alert: Alert, olga: User) -> None:
    lifecycle.resolve_by_hand(alert, olga, NOW)
    with pytest.raises(lifecycle.AlreadyResolved):
        acknowledge(alert, olga, "late", NOW)


def test_another_person_can_take_it_over(alert: Alert, olga: User) -> None:
    acknowledge(alert, olga, "looking", NOW, HALF_AN_HOUR)
    acknowledge(alert, User.objects.create_user("kim"), "night shift", NOW)
    assert (alert.owner, alert.acknowledged_until) == ("kim", None)
    assert lapse(NOW + HALF_AN_HOUR) == 0


def test_the_owner_of_a_deleted_account_is_somebody(alert: Alert, olga: User) -> None:
    acknowledge(alert, olga, "looking", NOW)
    olga.delete()
    alert.refresh_from_db()
    assert alert.owner == "somebody"


def test_what_is_given_back_is_nobodys_and_the_history_says_so(alert: Alert, olga: User) -> None:
    acknowledge(alert, olga, "looking", NOW)
    give_back(alert, olga, NOW)
    assert (alert.owner, alert.acknowledged_note) == ("", "")
    assert alert.events.get(kind="unacknowledged").actor == olga
    assert LogEntry.objects.filter(additional_data={"action": "gave back"}).count() == 1


def test_what_nobody_has_cannot_be_given_back(alert: Alert, olga: User) -> None:
    with pytest.raises(NotAcknowledged):
        give_back(alert, olga, NOW)


def test_it_ends_at_the_time_its_owner_set_and_not_before(alert: Alert, olga: User) -> None:
    acknowledge(alert, olga, "rebooting", NOW, HALF_AN_HOUR)
    assert lapse(NOW + HALF_AN_HOUR - timedelta(seconds=1)) == 0
    assert lapse(NOW + HALF_AN_HOUR) == 1
    alert.refresh_from_db()
    assert alert.owner == ""
    assert events(alert, "unacknowledged") == ["the time that olga set is over"]


def test_the_history_says_until_when_somebody_has_it(alert: Alert, olga: User) -> None:
    acknowledge(alert, olga, "x" * 500, NOW, HALF_AN_HOUR)
    (reason,) = events(alert, "acknowledged")
    assert reason.endswith("x (until 2026-03-04 05:36 UTC)")
    assert len(reason) == 500


def test_it_ends_with_its_alert(alert: Alert, olga: User) -> None:
    acknowledge(alert, olga, "rebooting", NOW, HALF_AN_HOUR)
    lifecycle.resolve_by_hand(alert, olga, NOW)
    assert lapse(NOW + HALF_AN_HOUR) == 0
    assert an_alert(NOW).owner == ""


@pytest.mark.parametrize("minutes", [0, -1, 7 * 24 * 60 + 1])
def test_a_time_that_makes_no_sense_is_refused(alert: Alert, olga: User, minutes: int) -> None:
    with pytest.raises(ValueError, match="7 days"):
        acknowledge(alert, olga, "looking", NOW, timedelta(minutes=minutes))
