from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts.fallback import refuse_circle, working_fallback
from alerts.models import Notification
from alerts.outbox import deliver_due
from tests.alerts.outbox.hooks import a_webhook
from tests.alerts.rows import a_channel, an_alert, events, firing, resolved
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db(transaction=True)

State = Notification.State
SOON = NOW + timedelta(seconds=5)


def test_after_a_permanent_failure_the_fallback_is_told_in_its_place(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/gone").respond_with_data("", status=404)
    httpserver.expect_request("/hook").respond_with_data("ok")
    fallback = a_webhook(httpserver, "second")
    channel = a_webhook(httpserver, "first", path="/gone", fallback=fallback)
    alert = an_alert(NOW)
    firing(alert, channel, NOW)
    waits = firing(an_alert(NOW, fingerprint="other"), channel, NOW)

    deliver_due(NOW)
    deliver_due(SOON)

    told = Notification.objects.filter(channel=fallback, state=State.SENT)
    assert set(told.values_list("alert_id", "instead_of_id")) == {
        (alert.pk, channel.pk),
        (waits.alert_id, channel.pk),
    }
    body = httpserver.log[-1][0].get_json()
    assert "told here because channel first does not work: 404 NOT FOUND" in body["text"]
    assert body["ahgd"]["note"].startswith("told here")


def test_the_end_of_what_the_fallback_was_told_is_told_there_too(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/gone").respond_with_data("", status=404)
    httpserver.expect_request("/hook").respond_with_data("ok")
    fallback = a_webhook(httpserver, "second")
    channel = a_webhook(httpserver, "first", path="/gone", fallback=fallback)
    alert = an_alert(NOW)
    firing(alert, channel, NOW)
    resolved(alert, channel, NOW)  # before anybody was told
    for seconds in (0, 5, 8):
        deliver_due(NOW + timedelta(seconds=seconds))

    told = Notification.objects.filter(channel=fallback, state=State.SENT).order_by("sent_at")
    assert list(told.values_list("kind", flat=True)) == ["firing", "resolved"]


def test_the_end_that_waited_for_its_firing_goes_to_the_fallback_with_it(httpserver: HTTPServer) -> None:
    for status in (500, 404):
        httpserver.expect_ordered_request("/gone").respond_with_data("", status=status)
    httpserver.expect_request("/hook").respond_with_data("ok")
    fallback = a_webhook(httpserver, "second")
    channel = a_webhook(httpserver, "first", path="/gone", fallback=fallback)
    alert = an_alert(NOW)
    firing(alert, channel, NOW)
    deliver_due(NOW)
    end = resolved(alert, channel, SOON)
    deliver_due(SOON)
    assert events(end.alert, "withheld") == ["first: its firing is still being told"]
    for minutes in (2, 3, 4):
        deliver_due(NOW + timedelta(minutes=minutes))

    told = Notification.objects.filter(channel=fallback, state=State.SENT).order_by("sent_at")
    assert list(told.values_list("kind", flat=True)) == ["firing", "resolved"]


def test_a_channel_that_has_been_away_for_long_falls_back_once_and_keeps_its_rows(
    settings: Settings, httpserver: HTTPServer
) -> None:
    configure(settings, fallback_seconds=300)
    httpserver.expect_request("/away").respond_with_data("", status=503)
    httpserver.expect_request("/hook").respond_with_data("ok")
    fallback = a_webhook(httpserver, "second")
    channel = a_webhook(httpserver, "first", path="/away", fallback=fallback, last_error="503")
    row = firing(an_alert(NOW), channel, NOW)
    for seconds in (0, 100, 200):
        deliver_due(NOW + timedelta(seconds=seconds))
    assert not fallback.notifications.exists()
    for seconds in (320, 325, 400, 405, 500):
        deliver_due(NOW + timedelta(seconds=seconds))

    assert [one.state for one in fallback.notifications.all()] == [State.SENT]
    row.refresh_from_db()
    assert row.state == State.DUE


def test_a_fallback_that_was_told_by_itself_is_not_told_again(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/gone").respond_with_data("", status=404)
    httpserver.expect_request("/hook").respond_with_data("ok")
    fallback = a_webhook(httpserver, "second")
    channel = a_webhook(httpserver, "first", path="/gone", fallback=fallback)
    row = firing(an_alert(NOW), channel, NOW)
    Notification.objects.create(
        alert=row.alert, event=row.event, channel=fallback, kind=row.kind, created_at=NOW, due_at=NOW
    )
    deliver_due(NOW)
    deliver_due(SOON)

    assert [one.instead_of for one in fallback.notifications.all()] == [None]


def test_a_disabled_fallback_is_passed_over_for_the_next() -> None:
    last = a_channel("last")
    middle = a_channel("middle", enabled=False, fallback=last)
    assert working_fallback(a_channel("first", fallback=middle)) == last


def test_channels_that_stand_in_for_each_other_end_the_search() -> None:
    first = a_channel("first", enabled=False)
    second = a_channel("second", enabled=False, fallback=first)
    first.fallback = second
    assert working_fallback(first) is None


def test_a_circle_of_fallbacks_is_refused() -> None:
    first = a_channel("first")
    second = a_channel("second", fallback=first)
    refuse_circle(first, a_channel("third"))
    for fallback in (first, second):
        with pytest.raises(ValidationError, match="leads back to this channel"):
            refuse_circle(first, fallback)
