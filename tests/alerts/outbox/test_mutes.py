"""Silences, windows, parents and restlessness hold rows back; what is still true afterwards is told, no more."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User
from pytest_httpserver import HTTPServer

from alerts.models import Alert, AlertEvent, Channel, Instance, MaintenanceWindow, Notification, Rule, Severity
from alerts.muting import silences
from alerts.outbox import deliver_due
from tests.alerts.muting.rows import a_silence
from tests.alerts.outbox.hooks import a_webhook
from tests.alerts.rows import an_alert, events, firing, repeated, reread, resolved
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def channel(receiver: HTTPServer) -> Channel:
    return a_webhook(receiver)


def told(receiver: HTTPServer) -> list[str]:
    """What each message says: how bad it is, or that it is over."""
    facts = [request.get_json()["ahgd"] for request, _ in receiver.log]
    return [one["severity"] if one["kind"] == "firing" else "resolved" for one in facts]


def changed(alert: Alert, channel: Channel, severity: int, at: datetime) -> Notification:
    Alert.objects.filter(pk=alert.pk).update(severity=severity)
    alert.refresh_from_db()
    row = firing(alert, channel, at)
    AlertEvent.objects.filter(pk=row.event_id).update(kind="severity changed", severity=severity)
    return row


def test_a_silence_holds_what_it_matches_names_itself_and_lets_go_when_it_ends(
    receiver: HTTPServer, channel: Channel
) -> None:
    silence = a_silence("rule=high_cpu_usage\ninstance=web", NOW, HOUR)
    row = firing(an_alert(NOW), channel, NOW)
    other = firing(an_alert(NOW, fingerprint="db", labels={"instance": "db"}), channel, NOW)
    deliver_due(NOW)

    assert reread(other).state == State.SENT
    held = reread(row)
    assert (held.state, held.gate, held.silence) == (State.DUE, "silence", silence)
    assert held.held_reason == "silenced by kim until 2026-03-04 06:06 UTC: disk swap"
    assert events(row.alert, "withheld") == [f"hook: {held.held_reason}"]

    for minutes in (30, 59):
        deliver_due(NOW + minutes * MINUTE)
    assert reread(row).state == State.DUE
    deliver_due(NOW + 60 * MINUTE)
    assert reread(row).state == State.SENT
    assert (reread(row).silence, len(events(row.alert, "withheld"))) == (None, 1)


def test_a_silence_that_somebody_ends_lets_go_at_once(channel: Channel) -> None:
    silence = a_silence("rule=~.*", NOW, HOUR)
    row = firing(an_alert(NOW), channel, NOW)
    deliver_due(NOW)
    silences.end(silence, User.objects.get(), NOW + MINUTE)
    deliver_due(NOW + MINUTE)

    assert reread(row).state == State.SENT


def test_what_was_over_within_a_silence_is_never_told(receiver: HTTPServer, channel: Channel) -> None:
    a_silence("rule=~.*", NOW, HOUR)
    fire = firing(an_alert(NOW), channel, NOW)
    deliver_due(NOW)
    end = resolved(fire.alert, channel, NOW + MINUTE)
    for minutes in (1, 2, 61):
        deliver_due(NOW + minutes * MINUTE)

    assert [reread(row).state for row in (fire, end)] == [State.WITHHELD, State.WITHHELD]
    assert told(receiver) == []


def test_the_end_of_what_was_told_before_a_silence_is_told_after_it(receiver: HTTPServer, channel: Channel) -> None:
    fire = firing(an_alert(NOW), channel, NOW)
    deliver_due(NOW)
    a_silence("rule=~.*", NOW + MINUTE, HOUR)
    resolved(fire.alert, channel, NOW + 2 * MINUTE)
    deliver_due(NOW + 2 * MINUTE)
    assert told(receiver) == ["high"]
    deliver_due(NOW + 62 * MINUTE)
    assert told(receiver) == ["high", "resolved"]


@pytest.mark.parametrize(
    ("severities", "after"),
    [
        ((Severity.CRITICAL, Severity.HIGH), []),
        ((Severity.MEDIUM, Severity.CRITICAL), ["critical"]),
        ((Severity.CRITICAL, Severity.LOW), ["low"]),
    ],
    ids=["up and back", "worse in the end", "better in the end"],
)
def test_after_a_silence_exactly_the_difference_to_what_was_told_is_told(
    receiver: HTTPServer, channel: Channel, severities: tuple[int, ...], after: list[str]
) -> None:
    alert = an_alert(NOW, severity=Severity.HIGH)
    firing(alert, channel, NOW)
    deliver_due(NOW)
    a_silence("rule=~.*", NOW + MINUTE, HOUR)
    for number, severity in enumerate(severities, start=2):
        changed(alert, channel, severity, NOW + number * MINUTE)
        deliver_due(NOW + number * MINUTE)
    deliver_due(NOW + 62 * MINUTE)

    assert told(receiver) == ["high", *after]


def test_a_maintenance_window_holds_rows_and_lets_go_when_it_ends(channel: Channel) -> None:
    window = MaintenanceWindow.objects.create(
        name="patching", starts_on=date(2026, 3, 4), starts_at=time(16, 0), zone="Australia/Sydney", duration_minutes=30
    )
    start = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
    row = firing(an_alert(start), channel, start)
    deliver_due(start)
    assert (reread(row).gate, reread(row).maintenance) == ("maintenance", window)
    assert reread(row).held_reason == "maintenance patching until 2026-03-04 05:30 UTC"

    deliver_due(start + 30 * MINUTE)
    assert reread(row).state == State.SENT


def test_while_a_parent_fires_on_the_same_host_its_children_are_not_told(channel: Channel) -> None:
    parent, child = (Rule.objects.create(name=name, condition="value > 1") for name in ("host_down", "cpu"))
    child.depends_on.add(parent)
    cause = an_alert(NOW, rule=parent, fingerprint="p", labels={"metric": "up", "instance": "web"})
    here = firing(an_alert(NOW, rule=child, labels={"metric": "cpu", "instance": "web"}), channel, NOW)
    labels = {"metric": "cpu", "instance": "db"}
    elsewhere = firing(an_alert(NOW, rule=child, fingerprint="db", labels=labels), channel, NOW)
    deliver_due(NOW)

    assert reread(elsewhere).state == State.SENT
    assert (reread(here).gate, reread(here).parent_alert) == ("dependency", cause)
    Alert.objects.filter(pk=cause.pk).update(resolved_at=NOW)
    deliver_due(NOW + 2 * MINUTE)
    assert reread(here).state == State.SENT


def test_what_flaps_is_quiet_until_it_has_calmed_down(channel: Channel) -> None:
    alert = an_alert(NOW)
    flapping = Instance.objects.create(
        rule=alert.rule, fingerprint=alert.fingerprint, state="firing", rule_version=1, flapping_since=NOW
    )
    row = firing(alert, channel, NOW)
    deliver_due(NOW)
    assert (reread(row).gate, reread(row).held_reason) == ("flapping", "flapping")

    Instance.objects.filter(pk=flapping.pk).update(flapping_since=None)
    deliver_due(NOW + 2 * MINUTE)
    assert reread(row).state == State.SENT


def test_a_repeat_waits_for_an_acknowledge_to_lapse_and_a_rise_does_not(receiver: HTTPServer, channel: Channel) -> None:
    alert = an_alert(NOW)
    firing(alert, channel, NOW)
    deliver_due(NOW)
    Alert.objects.update(acknowledged_at=NOW, acknowledged_by=User.objects.create_user("kim"))
    repeat = repeated(alert, channel, NOW + HOUR)
    deliver_due(NOW + HOUR)
    assert (reread(repeat).gate, reread(repeat).held_reason) == ("acknowledged", "acknowledged by kim")

    changed(alert, channel, Severity.CRITICAL, NOW + HOUR)
    deliver_due(NOW + HOUR + MINUTE)
    assert told(receiver) == ["high", "critical"]
    Alert.objects.update(acknowledged_at=None, acknowledged_by=None)
    deliver_due(NOW + 2 * HOUR)
    assert told(receiver) == ["high", "critical", "critical"]
