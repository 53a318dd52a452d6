from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from alerts import evaluation, lifecycle
from alerts.models import Alert, AlertEvent, Channel, Notification, Rule
from tests.alerts.feed import Feed

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return User.objects.create_user("olga")


@pytest.fixture
def alert(make_rule: Callable[..., Rule], feed: Feed) -> Alert:
    evaluation.evaluate(feed.now)
    make_rule()
    feed(90)
    evaluation.evaluate(feed.now)
    return Alert.objects.get()


def test_what_is_over_cannot_be_resolved_again(alert: Alert, operator: User, feed: Feed) -> None:
    lifecycle.resolve_by_hand(alert, operator, feed.now)
    with pytest.raises(lifecycle.AlreadyResolved):
        lifecycle.resolve_by_hand(alert, operator, feed.now)
    assert AlertEvent.objects.filter(kind="resolved").count() == 1


def test_resolving_by_hand_tells_those_who_were_told(alert: Alert, operator: User, feed: Feed) -> None:
    Channel.objects.create(name="not-of-this-rule", kind=Channel.Kind.LOG)
    lifecycle.resolve_by_hand(alert, operator, feed.now)
    assert [(row.kind, row.channel.name) for row in Notification.objects.order_by("id")] == [
        ("firing", "log"),
        ("resolved", "log"),
    ]


def test_an_alert_resolved_by_hand_fires_anew_when_its_condition_is_still_true(
    alert: Alert, operator: User, feed: Feed
) -> None:
    lifecycle.resolve_by_hand(alert, operator, feed.now)
    feed(91)
    evaluation.evaluate(feed.now)
    assert Alert.objects.filter(resolved_at__isnull=True).count() == 1


def test_an_instance_has_at_most_one_open_alert(alert: Alert) -> None:
    from django.db import IntegrityError, transaction

    alert.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        alert.save()


def test_a_cycle_that_read_the_instance_before_it_was_resolved_by_hand_is_done_again(
    make_rule: Callable[..., Rule], alert: Alert, operator: User, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would bring the instance back without an alert, and nobody would hear of it again."""
    Rule.objects.update(keep_firing_for_seconds=300)
    load = evaluation.Board.load

    def load_and_be_overtaken(book: object) -> object:
        board = load(book)
        if Alert.objects.filter(resolved_at__isnull=True).exists():
            lifecycle.resolve_by_hand(alert, operator, feed.now)
        return board

    monkeypatch.setattr(evaluation.Board, "load", load_and_be_overtaken)
    feed(10)
    report = evaluation.evaluate(feed.now)
    assert report is not None
    assert (report.facts, report.resolved) == (1, 0)
    assert [event.reason for event in AlertEvent.objects.filter(kind="resolved")] == ["resolved by hand"]
    monkeypatch.undo()
    feed(99)
    evaluation.evaluate(feed.now)
    assert Alert.objects.filter(resolved_at__isnull=True).count() == 1
