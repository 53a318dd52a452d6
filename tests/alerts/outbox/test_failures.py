from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts.models import Notification
from alerts.outbox import deliver_due
from tests.alerts.outbox.hooks import a_webhook
from tests.alerts.rows import a_channel, an_alert, events, firing, repeated, reread, resolved
from tests.alerts.told import NOW
from tests.mailbox import PickyMailbox

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State
TOKEN = "very-secret-token"
KIM, LEE = "kim@example.com", "lee@example.com"


@pytest.fixture
def box(settings: Settings) -> Iterator[PickyMailbox]:
    """A mail server that would take mail for Lee later."""
    mailbox = PickyMailbox()
    mailbox.start()
    mailbox.refusals[LEE] = "451 greylisted"
    settings.EMAIL_HOST, settings.EMAIL_PORT = mailbox.host, mailbox.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield mailbox
    mailbox.stop()


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


def test_a_receiver_that_asks_to_be_left_alone_is_not_sent_what_fires_afterwards(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=429, headers={"Retry-After": "120"})
    for _ in range(2):
        httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    channel = a_webhook(httpserver)
    firing(an_alert(NOW, fingerprint="a"), channel, NOW)
    deliver_due(NOW)
    firing(an_alert(NOW, fingerprint="b"), channel, NOW + timedelta(seconds=10))

    assert deliver_due(NOW + timedelta(seconds=10)) == 0
    assert deliver_due(NOW + timedelta(seconds=130)) == 2


def test_a_fault_of_ours_is_retried_and_visible(caplog: pytest.LogCaptureFixture) -> None:
    row = firing(an_alert(NOW), a_channel(kind="pigeon"), NOW)
    deliver_due(NOW)

    assert (reread(row).state, reread(row).last_error) == (State.DUE, "unexpected KeyError; the log says where")
    assert "serving.py" in caplog.text


def test_no_token_of_an_address_is_kept_or_logged(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "alerts")
    httpserver.expect_request(f"/{TOKEN}").respond_with_data(f"no /{TOKEN}", status=404)
    alert, channel = an_alert(NOW), a_webhook(httpserver, path=f"/{TOKEN}")
    row = firing(alert, channel, NOW)
    deliver_due(NOW)

    channel.refresh_from_db()
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("alerts"))
    assert TOKEN not in reread(row).last_error + channel.last_error + "".join(events(alert, "failed")) + ours


def test_of_what_was_tried_it_is_known_when_how_long_and_with_what_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("busy", status=503)
    httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    row = firing(an_alert(NOW), a_webhook(httpserver), NOW)
    deliver_due(NOW)
    deliver_due(reread(row).due_at)

    tries = list(row.tries.all())
    assert [(one.accepted, one.answer) for one in tries] == [
        (False, "503 SERVICE UNAVAILABLE: busy"),
        (True, "200 OK: ok"),
    ]
    assert NOW <= tries[0].at < tries[1].at
    assert all(one.took_seconds > 0 for one in tries)


def test_an_unhealthy_channel_is_probed_with_one_row_and_its_success_makes_the_others_due(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    for _ in range(3):
        httpserver.expect_ordered_request("/hook").respond_with_data("ok")
    ill = a_webhook(httpserver, unhealthy_since=NOW, probe_at=NOW, last_error="500")
    rows = [firing(an_alert(NOW, fingerprint=str(number)), ill, NOW) for number in range(3)]

    assert deliver_due(NOW) == 1
    assert deliver_due(NOW + timedelta(seconds=29)) == 0
    later = NOW + timedelta(seconds=32)
    assert deliver_due(later) == 1
    assert deliver_due(later + timedelta(seconds=1)) == 2
    assert {reread(row).state for row in rows} == {State.SENT}


def test_what_gates_hold_does_not_take_the_place_of_a_probe(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    ill = a_webhook(httpserver, unhealthy_since=NOW, probe_at=NOW, last_error="500")
    known = {"acknowledged_at": NOW, "acknowledged_by": User.objects.create(username="kim")}
    for number in range(3):
        held = an_alert(NOW, fingerprint=f"held-{number}", **known)
        firing(held, ill, NOW, state="sent", sent_at=NOW, told_severity=3)
        repeated(held, ill, NOW, held_reason="acknowledged by kim", gate="acknowledged")
    row = firing(an_alert(NOW, fingerprint="told"), ill, NOW + timedelta(seconds=1))
    deliver_due(NOW)

    assert reread(row).attempts == 1


def test_a_receiver_that_asked_to_be_left_alone_is_not_probed_before(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=429, headers={"Retry-After": "120"})
    ill = a_webhook(httpserver, unhealthy_since=NOW, probe_at=NOW, last_error="500")
    firing(an_alert(NOW), ill, NOW)
    deliver_due(NOW)

    assert deliver_due(NOW + timedelta(seconds=119)) == 0
    assert deliver_due(NOW + timedelta(seconds=140)) == 1


def test_of_several_recipients_only_the_refused_are_tried_again(box: PickyMailbox) -> None:
    channel = a_channel(kind="email", settings={"recipients": [KIM, LEE]})
    row = firing(an_alert(NOW), channel, NOW)
    deliver_due(NOW)
    first = reread(row)
    box.refusals.clear()
    deliver_due(first.due_at)

    assert (first.state, first.told) == (State.DUE, [KIM])
    assert reread(row).state == State.SENT
    assert box.recipients == [[KIM], [LEE]]
    assert len({mail["Message-ID"] for mail in box.messages}) == 1
    channel.refresh_from_db()
    assert channel.unhealthy_since is None


def test_whoever_was_told_hears_the_end_though_others_still_wait(box: PickyMailbox) -> None:
    alert, channel = an_alert(NOW), a_channel(kind="email", settings={"recipients": [KIM, LEE]})
    firing(alert, channel, NOW)
    deliver_due(NOW)
    resolved(alert, channel, NOW)
    deliver_due(NOW)
    assert [mail["Subject"].split("]")[0] for mail in box.messages] == ["[High", "[Resolved"]


def test_who_has_not_heard_the_beginning_hears_the_end_after_it(box: PickyMailbox) -> None:
    alert, channel = an_alert(NOW), a_channel(kind="email", settings={"recipients": [KIM, LEE]})
    firing(alert, channel, NOW)
    deliver_due(NOW)
    resolved(alert, channel, NOW)
    deliver_due(NOW)
    box.refusals.clear()
    for seconds in (100, 200):
        deliver_due(NOW + timedelta(seconds=seconds))
    heard = [(mail["Subject"].split("]")[0], to) for mail, to in zip(box.messages, box.recipients, strict=True)]
    assert heard == [("[High", [KIM]), ("[Resolved", [KIM]), ("[High", [LEE]), ("[Resolved", [LEE])]
