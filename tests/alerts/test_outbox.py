import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.channels import PermanentFailure, Receipt
from alerts.delivery import Delivery, claim, due_by_channel, record, requeue_expired, supersede_firings
from alerts.models import Alert, AlertEvent, Channel, Notification, Severity
from alerts.outbox import deliver_due, send_again
from alerts.results import consequence_of
from alerts.standing import standing_of
from alerts.trial import send_test
from tests.alerts.channels.peers import hangs, peer
from tests.alerts.rows import a_channel, an_alert, firing, resolved
from tests.alerts.told import LOOPBACK, NOW, configure

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State
LEASE = timedelta(seconds=45)
TOKEN = "very-secret-token"


@pytest.fixture(autouse=True)
def plain_waits(settings: Settings) -> None:
    configure(settings, webhook_allow=LOOPBACK, retry_seconds=(60.0,), lease_seconds=LEASE.total_seconds())


@pytest.fixture
def receiver(httpserver: HTTPServer) -> HTTPServer:
    httpserver.expect_request("/hook").respond_with_data("ok")
    return httpserver


def a_webhook(server: HTTPServer, name: str = "hook", path: str = "/hook", **fields: Any) -> Channel:
    return a_channel(name, kind="webhook", settings={"url": server.url_for(path)}, **fields)


def arrived(server: HTTPServer) -> list[str]:
    """Delivery ids of what the receiver accepted, in order."""
    return [request.headers["webhook-id"] for request, response in server.log if response.status_code == 200]


def reread(row: Notification) -> Notification:
    return Notification.objects.get(pk=row.pk)


def events(alert: Alert, kind: str) -> list[str]:
    return list(alert.events.filter(kind=kind).values_list("reason", flat=True))


# Sending --------------------------------------------------------------------------------------------------------------


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


# Gates ----------------------------------------------------------------------------------------------------------------


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

    assert [(row.state, row.gate) for row in (reread(fire), reread(resolve))] == [
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
    assert reread(held).gate.startswith("cooldown until 05:21:")
    assert len(events(second, "withheld")) == 1
    assert deliver_due(reread(held).due_at) == 1
    assert reread(held).state == State.SENT
    assert reread(held).gate == ""


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
    assert (reread(row).state, reread(row).gate) == (State.DUE, "the channel is disabled")

    Channel.objects.update(enabled=True)
    deliver_due(NOW + timedelta(minutes=2))
    assert reread(row).state == State.SENT


def test_an_acknowledged_alert_is_not_repeated(receiver: HTTPServer) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    firing(alert, channel, NOW)
    deliver_due(NOW)
    Alert.objects.update(acknowledged_at=NOW, acknowledged_by=User.objects.create_user("kim"))
    repeat = firing(alert, channel, NOW)
    deliver_due(NOW)

    assert (reread(repeat).state, reread(repeat).gate) == (State.WITHHELD, "acknowledged by kim")


# Failures -------------------------------------------------------------------------------------------------------------


def test_trouble_that_passes_is_retried_with_the_same_delivery_id(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    alert, channel = an_alert(NOW), a_webhook(httpserver)
    row = firing(alert, channel, NOW)

    deliver_due(NOW)
    waiting = reread(row)
    assert (waiting.state, waiting.attempts) == (State.DUE, 1)
    assert NOW + timedelta(seconds=60) <= waiting.due_at
    assert deliver_due(NOW) == 0
    deliver_due(waiting.due_at)

    assert reread(row).state == State.SENT
    assert {request.headers["webhook-id"] for request, _ in httpserver.log} == {str(row.delivery_id)}
    assert events(alert, "failed") == ["hook: 500 INTERNAL SERVER ERROR"]


def test_a_refusal_ends_the_row_and_marks_the_channel(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=404)
    alert, channel = an_alert(NOW), a_webhook(httpserver)
    row = firing(alert, channel, NOW)
    deliver_due(NOW)

    assert (reread(row).state, reread(row).last_error) == (State.DEAD, "404 NOT FOUND")
    assert events(alert, "failed") == ["hook: 404 NOT FOUND"]
    channel.refresh_from_db()
    assert channel.unhealthy_since is not None
    assert channel.last_error == "404 NOT FOUND"


def test_a_row_is_given_up_after_a_day(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    row = firing(an_alert(NOW), a_webhook(httpserver), NOW, attempts=300)
    deliver_due(NOW + timedelta(days=1))

    assert reread(row).state == State.DEAD
    assert reread(row).last_error == "given up after a day: 500 INTERNAL SERVER ERROR"


def test_a_channel_is_unhealthy_from_its_second_failure_in_a_row_until_it_works(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=503)
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=503)
    httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    channel = a_webhook(httpserver)
    row = firing(an_alert(NOW), channel, NOW)
    healths = []
    for _ in range(3):
        deliver_due(reread(row).due_at)
        channel.refresh_from_db()
        healths.append((channel.unhealthy_since is not None, channel.last_error != ""))

    assert healths == [(False, True), (True, True), (False, False)]


def test_a_failed_channel_rests_until_the_next_sweep(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    channel = a_webhook(httpserver)
    for number in range(3):
        firing(an_alert(NOW, fingerprint=str(number)), channel, NOW)

    assert deliver_due(NOW) == 1
    assert len(httpserver.log) == 1


def test_the_first_success_makes_the_rows_due_that_waited_for_a_retry(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    for _ in range(2):
        httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    channel = a_webhook(httpserver)
    failed = firing(an_alert(NOW), channel, NOW)
    deliver_due(NOW)
    firing(an_alert(NOW, fingerprint="other"), channel, NOW)

    assert deliver_due(NOW) == 1
    assert deliver_due(NOW + timedelta(seconds=10)) == 1
    assert reread(failed).state == State.SENT


def test_a_receiver_that_asks_to_be_left_alone_is_left_alone_by_every_row(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=429, headers={"Retry-After": "120"})
    for _ in range(2):
        httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    channel = a_webhook(httpserver)
    for number in range(2):
        firing(an_alert(NOW, fingerprint=str(number)), channel, NOW)

    deliver_due(NOW)
    assert deliver_due(NOW + timedelta(seconds=119)) == 0
    assert deliver_due(NOW + timedelta(seconds=130)) == 2


def test_a_fault_of_ours_is_retried_and_visible(caplog: pytest.LogCaptureFixture) -> None:
    row = firing(an_alert(NOW), a_channel(kind="pigeon"), NOW)
    deliver_due(NOW)

    assert (reread(row).state, reread(row).last_error) == (State.DUE, "unexpected KeyError; the log says where")
    assert "outbox.py" in caplog.text


def test_no_token_of_an_address_is_kept_or_logged(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "alerts")
    httpserver.expect_request(f"/{TOKEN}").respond_with_data(f"no /{TOKEN}", status=404)
    alert, channel = an_alert(NOW), a_webhook(httpserver, path=f"/{TOKEN}")
    row = firing(alert, channel, NOW)
    deliver_due(NOW)

    channel.refresh_from_db()
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("alerts"))
    assert TOKEN not in reread(row).last_error + channel.last_error + "".join(events(alert, "failed")) + ours


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


# Several workers ------------------------------------------------------------------------------------------------------


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
    claim_first(channel)  # by a worker that is killed now

    assert deliver_due(NOW + LEASE - timedelta(seconds=1)) == 0
    assert deliver_due(NOW + LEASE) == 1
    assert reread(row).state == State.SENT
    assert arrived(receiver) == [str(row.delivery_id)]


def test_the_result_of_a_worker_that_was_overtaken_is_refused(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    row = firing(an_alert(NOW), channel, NOW)
    late = claim_first(channel)
    deliver_due(NOW + LEASE)
    refused = consequence_of(late.notification, PermanentFailure("too late"), NOW, 0)

    assert not record(late, refused, NOW + LEASE)
    assert reread(row).state == State.SENT
    assert events(row.alert, "failed") == []


def test_the_result_of_a_late_worker_counts_while_nobody_has_taken_the_row(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver)
    row = firing(an_alert(NOW), channel, NOW)
    late = claim_first(channel)
    assert requeue_expired(NOW + LEASE) == 1

    assert record(late, consequence_of(late.notification, Receipt("ok"), NOW, 0), NOW + LEASE)
    assert deliver_due(NOW + LEASE) == 0
    assert reread(row).state == State.SENT


def test_a_firing_that_is_on_its_way_is_not_withheld_and_its_resolve_waits(receiver: HTTPServer) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    fire = firing(alert, channel, NOW)
    claim_first(channel)
    resolve = resolved(alert, channel, NOW)

    supersede_firings(resolve, NOW)

    assert reread(fire).state == State.LEASED
    assert standing_of(resolve, NOW, may_have_arrived=False).is_being_told
    assert deliver_due(NOW) == 0


def test_a_worker_that_was_frozen_past_its_lease_before_sending_does_not_send(
    settings: Settings, receiver: HTTPServer
) -> None:
    configure(settings, lease_seconds=0)
    row = firing(an_alert(NOW), a_webhook(receiver), NOW)
    deliver_due(NOW)

    assert (reread(row).state, reread(row).gate) == (State.DUE, "the worker was frozen past its lease")
    assert receiver.log == []


def test_what_may_have_arrived_is_sent_again_so_that_its_resolve_has_something_to_resolve(
    receiver: HTTPServer,
) -> None:
    alert, channel = an_alert(NOW), a_webhook(receiver)
    fire = firing(alert, channel, NOW)
    claim_first(channel)  # by a worker that is killed after the receiver accepted
    resolve = resolved(alert, channel, NOW)

    deliver_due(NOW + LEASE)
    assert arrived(receiver) == [str(fire.delivery_id), str(resolve.delivery_id)]


def test_a_channel_that_another_worker_serves_is_left_to_it() -> None:
    served, free = a_channel("served"), a_channel("free")
    for number, channel in enumerate((served, served, free)):
        firing(an_alert(NOW, fingerprint=str(number)), channel, NOW)
    claim_first(served)

    assert list(due_by_channel(NOW)) == [free.pk]
    assert list(due_by_channel(NOW + LEASE)) == [served.pk, free.pk]


def test_a_dead_channel_holds_nobody_up(settings: Settings, httpserver: HTTPServer) -> None:
    configure(settings, send_seconds=30)
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
            assert all_came.acquire(timeout=20)
        assert reread(stuck).state == State.LEASED
        assert sweep.is_alive()
    sweep.join()
    assert reread(stuck).state == State.DUE


def test_healthy_channels_are_served_first() -> None:
    for name, unhealthy_since in (("a", NOW), ("b", None), ("c", NOW - timedelta(days=1)), ("d", None)):
        firing(an_alert(NOW, fingerprint=name), a_channel(name, unhealthy_since=unhealthy_since), NOW)

    names = dict(Channel.objects.values_list("pk", "name"))
    assert [names[channel_id] for channel_id in due_by_channel(NOW)] == ["b", "d", "a", "c"]


# By hand --------------------------------------------------------------------------------------------------------------


def test_a_test_message_passes_the_outbox_by_and_shows_that_the_channel_works(receiver: HTTPServer) -> None:
    channel = a_webhook(receiver, unhealthy_since=NOW, last_error="404")

    assert str(send_test(channel, NOW)) == "200 OK: ok"
    assert receiver.log[0][0].get_json()["alerts"][0]["labels"]["test"] == "true"
    assert not Notification.objects.exists()
    channel.refresh_from_db()
    assert (channel.unhealthy_since, channel.last_error) == (None, "")


def test_a_test_message_that_fails_says_why(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=403)
    channel = a_webhook(httpserver)

    with pytest.raises(PermanentFailure, match="403 FORBIDDEN"):
        send_test(channel, NOW)
    channel.refresh_from_db()
    assert channel.unhealthy_since == NOW


def claim_first(channel: Channel) -> Delivery:
    """What a worker has in hand that is killed or frozen at this point."""
    delivery = claim(due_by_channel(NOW)[channel.pk][0], NOW)
    assert delivery is not None
    return delivery


def together(calls: list[Any]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
