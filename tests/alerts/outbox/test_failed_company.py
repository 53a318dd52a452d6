"""Messages about several alerts that failed: each attempt is the same message, whatever happened meanwhile."""

from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.delivery import claim, due_by_channel
from alerts.gathering import judge
from alerts.models import Notification, Severity
from alerts.muting import silences
from alerts.outbox import deliver_due, send_again
from tests.alerts.outbox.hooks import a_webhook
from tests.alerts.outbox.test_gathering import fires
from tests.alerts.rows import LEASE, reread
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
Arrival = tuple[str, tuple[str, ...]]


class Forgetful:
    """A receiver that takes every message, and whose first ``losses`` answers are lost."""

    def __init__(self, server: HTTPServer, losses: int) -> None:
        self.losses = losses
        self.arrived: list[Arrival] = []
        server.expect_request("/hook").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        body = request.get_json()["ahgd"]
        subjects = tuple(part["subject"] for part in body.get("members", [body]))
        self.arrived.append((request.headers["webhook-id"], subjects))
        self.losses -= 1
        return Response("", status=503 if self.losses >= 0 else 200)


def sweep(begin: timedelta, end: timedelta, every: timedelta) -> None:
    at: datetime = NOW + begin
    while at <= NOW + end:
        deliver_due(at)
        at += every


@pytest.fixture(autouse=True)
def waits(settings: Settings) -> None:
    configure(settings, retry_seconds=(10.0, 60.0), probe_seconds=30)


def test_each_attempt_of_a_groups_message_has_the_same_id_and_names_the_same(httpserver: HTTPServer) -> None:
    receiver, channel = Forgetful(httpserver, losses=3), a_webhook(httpserver)
    rows = [fires(name, channel) for name in "abc"]
    sweep(timedelta(0), 10 * MINUTE, 5 * SECOND)

    assert receiver.arrived == [(str(rows[0].delivery_id), ("a", "b", "c"))] * 4
    assert [reread(row).state for row in rows] == [State.SENT, State.NAMED, State.NAMED]


def test_what_fires_while_a_groups_message_is_retried_has_a_message_of_its_own(httpserver: HTTPServer) -> None:
    receiver, channel = Forgetful(httpserver, losses=1), a_webhook(httpserver)
    rows = [fires(name, channel) for name in "ab"]
    deliver_due(NOW)
    late = fires("c", channel, 5 * SECOND)
    sweep(5 * SECOND, 10 * MINUTE, 5 * SECOND)

    first, second = (str(row.delivery_id) for row in (rows[0], late))
    assert sorted(receiver.arrived) == sorted([(first, ("a", "b"))] * 2 + [(second, ("c",))])


def test_a_message_that_led_since_it_was_worse_leads_again(httpserver: HTTPServer) -> None:
    receiver, channel = Forgetful(httpserver, losses=0), a_webhook(httpserver)
    fires("a", channel)
    deliver_due(NOW)
    fires("b", channel, 5 * SECOND)
    deliver_due(NOW + 5 * SECOND)
    receiver.losses = 2
    worse = fires("c", channel, 10 * SECOND, severity=Severity.CRITICAL)
    sweep(10 * SECOND, 10 * MINUTE, 5 * SECOND)

    assert receiver.arrived[1:] == [(str(worse.delivery_id), ("c", "b"))] * 3


def test_a_digest_that_failed_goes_again_as_it_was_and_not_a_window_later(
    settings: Settings, httpserver: HTTPServer
) -> None:
    configure(settings, global_rate_limit=1)
    receiver, channel = Forgetful(httpserver, losses=0), a_webhook(httpserver)
    rows = [fires(name, channel, group_key="") for name in "abcd"]
    deliver_due(NOW)
    receiver.losses = 2
    sweep(61 * MINUTE, 65 * MINUTE, 5 * SECOND)

    assert receiver.arrived[1:] == [(str(rows[1].delivery_id), ("b", "c", "d"))] * 3
    assert reread(rows[1]).is_digest
    assert "withheld until now: by a limit" in httpserver.log[-1][0].get_json()["text"]


def test_a_digest_whose_worker_was_lost_goes_again_as_it_was(settings: Settings, httpserver: HTTPServer) -> None:
    configure(settings, global_rate_limit=1)
    receiver, channel = Forgetful(httpserver, losses=0), a_webhook(httpserver)
    rows = [fires(name, channel, group_key="") for name in "abcd"]
    deliver_due(NOW)
    at = NOW + 61 * MINUTE
    (judged,) = judge(claim(due_by_channel(at)[channel.pk][:1], at), at)  # by a worker that is killed now
    assert len(judged.members) == 2
    sweep(61 * MINUTE + LEASE, 65 * MINUTE, 5 * SECOND)

    assert receiver.arrived[1:] == [(str(rows[1].delivery_id), ("b", "c", "d"))]
    assert [reread(row).state for row in rows[1:]] == [State.SENT, State.NAMED, State.NAMED]


def test_those_whose_leader_is_silenced_meanwhile_do_not_wait_for_it(httpserver: HTTPServer) -> None:
    receiver, channel = Forgetful(httpserver, losses=1), a_webhook(httpserver)
    rows = [fires(name, channel) for name in "abc"]
    deliver_due(NOW)
    silences.create(text="subject=a", actor=None, comment="known", starts_at=NOW, ends_at=NOW + 60 * MINUTE, now=NOW)
    sweep(SECOND, 5 * MINUTE, 5 * SECOND)

    assert receiver.arrived[1:] == [(str(rows[1].delivery_id), ("b", "c"))]
    assert reread(rows[0]).gate == "silence"


def test_two_that_were_each_others_leader_both_go(httpserver: HTTPServer) -> None:
    receiver, channel = Forgetful(httpserver, losses=1), a_webhook(httpserver)
    first, second = (fires(name, channel) for name in "ab")
    deliver_due(NOW)  # a leads b
    Notification.objects.filter(pk=first.pk).update(state=State.DEAD)
    send_again(reread(first), NOW + 2 * MINUTE)
    second_due = [due for due in due_by_channel(NOW + 2 * MINUTE)[channel.pk] if due.pk == second.pk]
    (judged,) = judge(claim(second_due, NOW + 2 * MINUTE), NOW + 2 * MINUTE)  # b leads a, by a worker that is killed
    assert [one.notification.pk for one in judged.members] == [first.pk]
    sweep(2 * MINUTE + LEASE, 10 * MINUTE, 5 * SECOND)

    assert {reread(row).state for row in (first, second)} == {State.SENT, State.NAMED}
    assert receiver.arrived[1:] == [(str(second.delivery_id), ("b", "a"))]
