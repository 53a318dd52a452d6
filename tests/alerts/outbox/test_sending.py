from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from alerts.models import Notification
from alerts.outbox import deliver_due
from tests.alerts.outbox.hooks import a_webhook, arrived
from tests.alerts.rows import an_alert, events, firing, reread, resolved
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State


def test_what_is_due_is_sent_and_recorded(receiver: HTTPServer) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    row = firing(alert, channel, NOW)

    assert deliver_due(NOW) == 1

    sent = reread(row)
    assert (sent.state, sent.attempts, sent.answer, sent.lease_until) == (State.SENT, 1, "200 OK: ok", None)
    assert sent.sent_at is not None and sent.sent_at >= NOW
    assert events(alert, "notified") == ["hook: 200 OK: ok"]
    assert arrived(receiver) == [str(row.delivery_id)]
    channel.refresh_from_db()
    assert channel.last_sent_at == sent.sent_at


def test_what_is_sent_is_not_sent_again(receiver: HTTPServer) -> None:
    firing(an_alert(NOW), a_webhook(receiver), NOW)

    assert deliver_due(NOW) == 1
    assert deliver_due(NOW + timedelta(days=1)) == 0
    assert len(arrived(receiver)) == 1


def test_what_is_not_due_yet_waits(receiver: HTTPServer) -> None:
    row = firing(an_alert(NOW), a_webhook(receiver), NOW, due_at=NOW + timedelta(minutes=1))

    assert deliver_due(NOW) == 0
    assert deliver_due(NOW + timedelta(minutes=1)) == 1
    assert reread(row).state == State.SENT


def test_rows_of_a_channel_go_in_the_order_they_were_written(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    rows = [firing(an_alert(NOW, fingerprint=str(number)), channel, NOW) for number in range(5)]

    assert deliver_due(NOW) == 5
    assert arrived(receiver) == [str(row.delivery_id) for row in rows]


def test_a_sweep_that_has_used_up_its_time_leaves_the_rest_to_the_next(
    receiver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.outbox.SWEEP_SECONDS", 0)
    row = firing(an_alert(NOW), a_webhook(receiver), NOW)

    assert deliver_due(NOW) == 0
    assert reread(row).state == State.DUE


def test_a_resolve_follows_its_firing_in_one_sweep(receiver: HTTPServer) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    firing(alert, channel, NOW)
    deliver_due(NOW)
    row = resolved(alert, channel, NOW)
    deliver_due(NOW)

    assert reread(row).state == State.SENT
    assert [request.get_json()["status"] for request, _ in receiver.log] == ["firing", "resolved"]
