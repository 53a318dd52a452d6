from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from pytest_httpserver import HTTPServer

from alerts import gates
from alerts.gates import Decision, Ledger, Standing
from alerts.models import Alert, Channel, Notification, Severity
from alerts.outbox import deliver_due
from tests.alerts.outbox.hooks import a_webhook
from tests.alerts.rows import an_alert, events, firing, repeated, reread, resolved
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State


def test_an_alert_that_was_over_before_its_turn_came_is_told_with_its_end(receiver: HTTPServer) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    fire, resolve = firing(alert, channel, NOW), resolved(alert, channel, NOW)

    deliver_due(NOW)

    assert [reread(fire).state, reread(resolve).state] == [State.SENT, State.SENT]
    assert [request.get_json()["status"] for request, _ in receiver.log] == ["firing", "resolved"]


def test_an_alert_that_resolved_while_a_gate_held_it_is_not_told_at_all(receiver: HTTPServer) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver, enabled=False)
    fire = firing(alert, channel, NOW)
    deliver_due(NOW)
    resolve = resolved(alert, channel, NOW)
    deliver_due(NOW)
    channel.enabled = True
    channel.save()
    deliver_due(NOW + timedelta(minutes=2))

    assert [(row.state, row.held_reason) for row in (reread(fire), reread(resolve))] == [
        (State.WITHHELD, "resolved before it could be told"),
        (State.WITHHELD, "this channel was not told that it fired"),
    ]
    assert receiver.log == []


def test_a_row_that_waits_for_a_retry_is_told_though_its_alert_resolved_and_its_end_follows(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_oneshot_request("/hook").respond_with_data("", status=500)
    httpserver.expect_request("/hook").respond_with_data("")
    alert, channel = an_alert(NOW), a_webhook(httpserver)
    fire = firing(alert, channel, NOW)
    deliver_due(NOW)
    resolve = resolved(alert, channel, NOW)
    deliver_due(NOW)
    assert [reread(fire).state, reread(resolve).state] == [State.DUE, State.DUE]

    for seconds in (600, 603):  # the firing, and what had to wait for it
        deliver_due(NOW + timedelta(seconds=seconds))

    assert [reread(fire).state, reread(resolve).state] == [State.SENT, State.SENT]
    assert [request.get_json()["status"] for request, _ in httpserver.log] == ["firing", "firing", "resolved"]


def test_a_resolve_goes_only_to_the_channels_that_were_told(receiver: HTTPServer) -> None:
    alert, told, not_told = an_alert(NOW), a_webhook(receiver, "told"), a_webhook(receiver, "not-told")
    firing(alert, told, NOW)
    deliver_due(NOW)
    rows = [resolved(alert, channel, NOW) for channel in (told, not_told)]
    deliver_due(NOW)

    assert [reread(row).state for row in rows] == [State.SENT, State.WITHHELD]


def test_a_cooldown_holds_a_row_says_so_once_and_lets_it_go_when_it_ends(receiver: HTTPServer) -> None:
    first, channel = an_alert(NOW), a_webhook(receiver)
    firing(first, channel, NOW)
    deliver_due(NOW)
    resolved(first, channel, NOW)
    deliver_due(NOW)
    second = an_alert(NOW)
    held = firing(second, channel, NOW)

    deliver_due(NOW)
    Notification.objects.filter(pk=held.pk).update(due_at=NOW)  # somebody looks at it early
    deliver_due(NOW)

    assert reread(held).state == State.DUE
    assert reread(held).held_reason.startswith("cooldown until 05:21:")
    assert len(events(second, "withheld")) == 1
    assert deliver_due(reread(held).due_at) == 1
    assert reread(held).state == State.SENT
    assert reread(held).held_reason == ""


def test_a_cooldown_is_one_channels_and_one_instances(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    firing(an_alert(NOW), channel, NOW)
    deliver_due(NOW)
    elsewhere = firing(an_alert(NOW, fingerprint="other"), channel, NOW)
    other_channel = firing(an_alert(NOW, fingerprint="third"), a_webhook(receiver, "second"), NOW)
    deliver_due(NOW)

    assert [reread(row).state for row in (elsewhere, other_channel)] == [State.SENT, State.SENT]


def test_a_rise_in_severity_is_told_within_the_cooldown(receiver: HTTPServer) -> None:
    first, channel = an_alert(NOW, severity=Severity.HIGH), a_webhook(receiver)
    firing(first, channel, NOW)
    deliver_due(NOW)
    Alert.objects.update(resolved_at=NOW)
    worse = firing(an_alert(NOW, severity=Severity.CRITICAL), channel, NOW)
    deliver_due(NOW)

    assert reread(worse).state == State.SENT


def test_a_row_waits_while_its_channel_is_disabled(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver, enabled=False)
    row = firing(an_alert(NOW), channel, NOW)
    deliver_due(NOW)
    assert (reread(row).state, reread(row).held_reason) == (State.DUE, "the channel is disabled")

    Channel.objects.update(enabled=True)
    deliver_due(NOW + timedelta(minutes=2))
    assert reread(row).state == State.SENT


def test_an_acknowledged_alert_is_not_repeated(receiver: HTTPServer) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    firing(alert, channel, NOW)
    deliver_due(NOW)
    Alert.objects.update(acknowledged_at=NOW, acknowledged_by=User.objects.create_user("kim"))
    repeat = repeated(alert, channel, NOW)
    deliver_due(NOW)

    assert (reread(repeat).state, reread(repeat).held_reason) == (State.DUE, "acknowledged by kim")


def test_a_row_that_the_gates_fail_on_is_held_and_says_so_while_others_of_its_channel_go_out(
    receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = a_webhook(receiver)
    rows = [firing(an_alert(NOW, fingerprint=str(number)), channel, NOW) for number in range(7)]
    fault, judged = rows[2], gates.decide

    def fail_on_one(standing: Standing, ledger: Ledger, now: datetime) -> Decision:
        if standing.id == fault.pk:
            raise OverflowError("date value out of range")
        return judged(standing, ledger, now)

    monkeypatch.setattr(gates, "decide", fail_on_one)
    deliver_due(NOW)

    held, others = reread(fault), [reread(row) for row in rows if row != fault]
    assert {row.state for row in others} == {State.SENT}
    assert (held.state, held.held_reason) == (State.DUE, "the gates failed on it (OverflowError); the log says where")
    assert held.due_at > NOW
    assert events(held.alert, "withheld") == [f"hook: {held.held_reason}"]

    monkeypatch.setattr(gates, "decide", judged)
    deliver_due(held.due_at)
    assert reread(fault).state == State.SENT
