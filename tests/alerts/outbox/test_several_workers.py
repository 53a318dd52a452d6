import threading
from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.channels import PermanentFailure, Receipt
from alerts.delivery import Delivery, Ended, claim, due_by_channel, record, requeue_expired, supersede_firings
from alerts.models import AlertEvent, Channel, Notification
from alerts.outbox import deliver_due
from alerts.results import consequence_of
from alerts.serving import BATCH_SECONDS, Clock, Serving
from tests.alerts.channels.peers import hangs, peer
from tests.alerts.muting.rows import a_silence
from tests.alerts.outbox.hooks import a_webhook, arrived
from tests.alerts.rows import LEASE, a_channel, an_alert, claim_first, events, firing, reread, resolved
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State


def test_sweeps_at_once_send_each_row_exactly_once(receiver: HTTPServer) -> None:
    channels = [a_webhook(receiver, f"hook-{number}") for number in range(3)]
    rows = [firing(an_alert(NOW, fingerprint=str(n)), channels[n % 3], NOW) for n in range(45)]
    at_once = threading.Barrier(4)

    def sweep() -> None:
        at_once.wait()
        deliver_due(NOW)

    together([sweep] * 4)
    deliver_due(NOW)

    assert sorted(arrived(receiver)) == sorted(str(row.delivery_id) for row in rows)
    assert not Notification.objects.exclude(state=State.SENT).exists()
    assert AlertEvent.objects.filter(kind="notified").count() == len(rows)


def test_a_row_whose_worker_was_lost_goes_again_with_the_same_delivery_id(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    row = firing(an_alert(NOW), channel, NOW)
    claim_first(channel, NOW)  # by a worker that is killed now

    assert deliver_due(NOW + LEASE - timedelta(seconds=1)) == 0
    assert deliver_due(NOW + LEASE) == 1
    assert reread(row).state == State.SENT
    assert arrived(receiver) == [str(row.delivery_id)]


def test_the_result_of_a_worker_that_was_overtaken_is_refused(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    row = firing(an_alert(NOW), channel, NOW)
    late = claim_first(channel, NOW)
    deliver_due(NOW + LEASE)
    refused = ended(late, PermanentFailure("too late"))

    assert record([refused]) == [refused]
    assert reread(row).state == State.SENT
    assert events(row.alert, "failed") == []


def test_the_result_of_a_late_worker_counts_while_nobody_has_taken_the_row(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    row = firing(an_alert(NOW), channel, NOW)
    late = claim_first(channel, NOW)
    assert requeue_expired(NOW + LEASE) == 1

    assert record([ended(late, Receipt("ok"))]) == []
    assert deliver_due(NOW + LEASE) == 0
    assert reread(row).state == State.SENT


def test_a_firing_that_is_on_its_way_is_not_withheld_and_its_resolve_waits(receiver: HTTPServer) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    fire = firing(alert, channel, NOW)
    claim_first(channel, NOW)
    resolve = resolved(alert, channel, NOW)

    supersede_firings([resolve], NOW)

    assert reread(fire).state == State.LEASED
    assert deliver_due(NOW) == 0


def test_a_firing_that_some_recipients_heard_is_not_withheld_by_its_resolve(receiver: HTTPServer) -> None:
    heard, unheard = an_alert(NOW), an_alert(NOW, fingerprint="other")
    channel = a_webhook(receiver)
    rows = [firing(heard, channel, NOW, told=["kim@example.com"]), firing(unheard, channel, NOW)]
    a_silence("rule=high_cpu_usage", NOW, timedelta(hours=1))
    deliver_due(NOW)

    supersede_firings([resolved(alert, channel, NOW) for alert in (heard, unheard)], NOW)
    assert [reread(row).state for row in rows] == [State.DUE, State.WITHHELD]


def test_what_the_gates_said_a_second_ago_is_asked_again(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed_seconds = [0.0]

    def accept_slowly(request: Request) -> Response:
        passed_seconds[0] += BATCH_SECONDS
        return Response("ok")

    httpserver.expect_request("/hook").respond_with_handler(accept_slowly)
    monkeypatch.setattr(Clock, "now", lambda clock: clock.began_at + timedelta(seconds=passed_seconds[0]))
    channel = a_webhook(httpserver)
    rows = [firing(an_alert(NOW, fingerprint=str(number)), channel, NOW) for number in range(3)]
    serving = Serving(Clock(NOW))
    assert serving.deliver(claim(due_by_channel(NOW)[channel.pk], NOW))

    assert arrived(httpserver) == [str(rows[0].delivery_id)]
    assert [due.pk for due in serving.unbegun] == [row.pk for row in rows[1:]]


def test_a_worker_that_was_frozen_past_its_lease_before_sending_does_not_send(
    settings: Settings, receiver: HTTPServer
) -> None:
    configure(settings, lease_seconds=0)
    row = firing(an_alert(NOW), a_webhook(receiver), NOW)
    deliver_due(NOW)

    assert (reread(row).state, reread(row).lease_until) == (State.DUE, None)
    assert receiver.log == []


def test_what_may_have_arrived_is_sent_again_so_that_its_resolve_has_something_to_resolve(
    receiver: HTTPServer,
) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    fire = firing(alert, channel, NOW)
    claim_first(channel, NOW)  # by a worker that is killed after the receiver accepted
    resolve = resolved(alert, channel, NOW)

    deliver_due(NOW + LEASE)
    assert arrived(receiver) == [str(fire.delivery_id), str(resolve.delivery_id)]


def test_a_channel_that_another_worker_serves_is_left_to_it() -> None:
    served, free = a_channel("served"), a_channel("free")
    for number, channel in enumerate((served, served, free)):
        firing(an_alert(NOW, fingerprint=str(number)), channel, NOW)
    claim_first(served, NOW)

    assert list(due_by_channel(NOW)) == [free.pk]
    assert list(due_by_channel(NOW + LEASE)) == [served.pk, free.pk]


def test_a_dead_channel_holds_nobody_up(settings: Settings, httpserver: HTTPServer) -> None:
    configure(settings, send_seconds=60)
    all_came, count = threading.Semaphore(0), 4

    def accept(request: Request) -> Response:
        all_came.release()
        return Response("ok")

    httpserver.expect_request("/hook").respond_with_handler(accept)
    with peer(hangs) as port:
        dead = a_channel("a-dead", kind="webhook", settings={"url": f"http://127.0.0.1:{port}/"})
        stuck = firing(an_alert(NOW), dead, NOW)
        live = [a_webhook(httpserver, f"live-{number}") for number in range(count)]
        for number in range(5 * count):
            firing(an_alert(NOW, fingerprint=str(number)), live[number % count], NOW)
        sweep = threading.Thread(target=deliver_due, args=(NOW,))
        sweep.start()
        for _ in range(5 * count):
            assert all_came.acquire(timeout=30)
        assert reread(stuck).state == State.LEASED
        assert sweep.is_alive()
    sweep.join()
    assert reread(stuck).state == State.DUE


def test_healthy_channels_are_served_first() -> None:
    for name, unhealthy_since in (("a", NOW), ("b", None), ("c", NOW - timedelta(days=1)), ("d", None)):
        firing(an_alert(NOW, fingerprint=name), a_channel(name, unhealthy_since=unhealthy_since), NOW)

    names = dict(Channel.objects.values_list("pk", "name"))
    assert [names[channel_id] for channel_id in due_by_channel(NOW)] == ["b", "d", "a", "c"]


def ended(delivery: Delivery, outcome: Receipt | PermanentFailure) -> Ended:
    """What a worker is about to record, after its lease."""
    return Ended(delivery, consequence_of(delivery.notification, outcome, NOW, 0), NOW + LEASE, None)


def together(calls: list[Any]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
