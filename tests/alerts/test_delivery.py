"""Whose turn it is, and who may take it."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts import delivery, outbox
from alerts.delivery import Due, Taken, claim, due_by_channel
from alerts.models import Channel, Notification
from alerts.serving import next_batch
from tests.alerts.rows import a_channel, an_alert, firing, resolved
from tests.alerts.told import LOOPBACK, NOW, configure

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel() -> Channel:
    return a_channel()


def due_rows(channel: Channel, count: int) -> list[Due]:
    for number in range(count):
        firing(an_alert(NOW, fingerprint=str(number)), channel, NOW)
    return due_by_channel(NOW)[channel.pk]


def test_a_row_of_a_channel_that_another_worker_serves_cannot_be_claimed(channel: Channel) -> None:
    first, second = due_rows(channel, 2)
    claim([first], NOW)

    for taken in (first, second):
        with pytest.raises(Taken):
            claim([taken], NOW)


def test_of_two_workers_that_claim_different_rows_at_once_one_gets_the_channel(channel: Channel) -> None:
    first, second = due_rows(channel, 2)
    refused: list[bool] = []

    def claim_second() -> None:
        try:
            claim([second], NOW)
        except Taken:
            refused.append(True)
        finally:
            connections.close_all()

    other = threading.Thread(target=claim_second)
    with transaction.atomic():
        claim([first], NOW)
        other.start()
    other.join()

    assert refused == [True]
    assert Notification.objects.filter(state=Notification.State.LEASED).count() == 1


def test_a_row_that_was_deleted_or_withheld_is_passed_over(channel: Channel) -> None:
    deleted, withheld = due_rows(channel, 2)
    Notification.objects.filter(pk=deleted.pk).delete()
    Notification.objects.filter(pk=withheld.pk).update(state=Notification.State.WITHHELD, fence=withheld.fence + 1)

    assert claim([deleted, withheld], NOW) == []


def test_rows_of_a_deleted_channel_are_passed_over(channel: Channel) -> None:
    (row,) = due_rows(channel, 1)
    channel.delete()

    assert claim([row], NOW) == []


def test_sweeps_that_found_the_same_rows_keep_order_and_cooldown(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(settings, webhook_allow=LOOPBACK, send_seconds=60)
    one_ended, both_found = threading.Event(), threading.Barrier(2)

    def accept(request: Request) -> Response:
        one_ended.wait(timeout=30)  # the other sweep, which finds the channel taken
        return Response("ok")

    def find(now: object) -> dict[int, list[Due]]:
        found = due_by_channel(NOW)
        both_found.wait()
        return found

    def sweep() -> None:
        outbox.deliver_due(NOW)
        one_ended.set()
        connections.close_all()

    httpserver.expect_request("/").respond_with_handler(accept)
    monkeypatch.setattr(outbox, "due_by_channel", find)
    channel = a_channel(kind="webhook", settings={"url": httpserver.url_for("/")})
    first = an_alert(NOW)
    firing(first, channel, NOW - timedelta(seconds=30))
    resolved(first, channel, NOW - timedelta(seconds=20))
    firing(an_alert(NOW), channel, NOW - timedelta(seconds=10))

    sweeps = [threading.Thread(target=sweep) for _ in range(2)]
    for each in sweeps:
        each.start()
    for each in sweeps:
        each.join()

    assert [request.get_json()["status"] for request, _ in httpserver.log] == ["firing", "resolved"]


def test_the_many_older_rows_of_one_channel_do_not_keep_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MOST_ROWS_OF_A_CHANNEL", 3)
    dead, healthy = a_channel("dead"), a_channel("healthy")
    alert = an_alert(NOW)
    rows = [firing(alert, dead, NOW - timedelta(seconds=60 - number)) for number in range(5)]
    last = firing(alert, healthy, NOW)

    found = {channel_id: [row.pk for row in due] for channel_id, due in due_by_channel(NOW).items()}
    assert found == {healthy.pk: [last.pk], dead.pk: [row.pk for row in rows[:3]]}


def test_of_an_unhealthy_channel_one_row_comes_when_it_is_time_to_probe_it() -> None:
    later = NOW + timedelta(seconds=30)
    ill = a_channel(unhealthy_since=NOW, probe_at=later)
    rows = [
        firing(an_alert(NOW, fingerprint=str(n)), ill, NOW, due_at=NOW + timedelta(minutes=5 - n)) for n in range(2)
    ]

    assert due_by_channel(later - timedelta(seconds=1)) == {}
    assert [due.pk for due in due_by_channel(later)[ill.pk]] == [rows[1].pk]


def test_a_probe_time_that_a_clock_set_back_left_in_the_future_is_not_waited_for() -> None:
    ill = a_channel(unhealthy_since=NOW, probe_at=NOW + timedelta(days=1))
    firing(an_alert(NOW), ill, NOW)

    assert list(due_by_channel(NOW)) == [ill.pk]


def test_rows_of_one_instance_are_not_claimed_together(channel: Channel) -> None:
    alert = an_alert(NOW)
    fire, end = firing(alert, channel, NOW), resolved(alert, channel, NOW)
    other = firing(an_alert(NOW, fingerprint="other"), channel, NOW)

    batch, left = next_batch(due_by_channel(NOW)[channel.pk])
    assert ([due.pk for due in batch], [due.pk for due in left]) == ([fire.pk, other.pk], [end.pk])
