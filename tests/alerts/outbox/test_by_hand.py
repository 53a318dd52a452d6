from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from alerts.channels import PermanentFailure
from alerts.models import Notification
from alerts.outbox import deliver_due, send_again
from alerts.trial import send_test
from tests.alerts.outbox.hooks import a_webhook, arrived
from tests.alerts.rows import an_alert, firing, reread, resolved
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State


def test_a_test_message_passes_the_outbox_by_and_shows_that_the_channel_works(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver, unhealthy_since=NOW, last_error="404")

    assert str(send_test(channel, NOW)) == "200 OK: ok"
    assert receiver.log[0][0].get_json()["alerts"][0]["labels"]["test"] == "true"
    assert not Notification.objects.exists()
    channel.refresh_from_db()
    assert (channel.unhealthy_since, channel.last_error) == (None, "")


def test_a_test_message_that_arrives_makes_due_what_waited(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver, unhealthy_since=NOW, last_error="503", probe_at=NOW + timedelta(seconds=30))
    row = firing(an_alert(NOW), channel, NOW, due_at=NOW + timedelta(minutes=5))
    send_test(channel, NOW)

    assert deliver_due(NOW) == 1
    assert reread(row).state == State.SENT


def test_a_test_message_that_fails_says_why(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=403)
    channel = a_webhook(httpserver)

    with pytest.raises(PermanentFailure, match="403 FORBIDDEN"):
        send_test(channel, NOW)
    channel.refresh_from_db()
    assert channel.unhealthy_since == NOW


def test_a_given_up_row_can_be_sent_again_by_hand(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=404)
    httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    row = firing(an_alert(NOW), a_webhook(httpserver), NOW)
    deliver_due(NOW)

    assert send_again(row, NOW)
    assert not send_again(row, NOW)
    deliver_due(NOW)
    assert reread(row).state == State.SENT
    assert arrived(httpserver) == [str(row.delivery_id)]


def test_an_end_that_was_withheld_follows_a_firing_that_is_sent_again(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=404)
    for _ in range(2):
        httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    alert, channel = an_alert(NOW), a_webhook(httpserver)
    fire = firing(alert, channel, NOW)
    deliver_due(NOW)
    end = resolved(alert, channel, NOW)
    later = NOW + timedelta(seconds=31)  # when an unhealthy channel is looked at again
    deliver_due(later)
    assert [reread(fire).state, reread(end).state] == [State.DEAD, State.WITHHELD]

    assert send_again(fire, later)
    for seconds in (0, 3):
        deliver_due(later + timedelta(seconds=seconds))

    assert [reread(fire).state, reread(end).state] == [State.SENT, State.SENT]
    assert arrived(httpserver) == [str(fire.delivery_id), str(end.delivery_id)]
