"""Who waits for whom where two transactions are about the same alert."""

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection, connections, transaction

from alerts.board import Resolved
from alerts.fallback import tell_fallback
from alerts.models import Alert, AlertEvent, Notification
from alerts.writing import _ended
from tests.alerts.rows import a_channel, an_alert, firing
from tests.alerts.told import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def has_to_wait(work: Callable[[], object]) -> bool:
    """Whether another connection finds something locked that ``work`` needs."""
    waits: list[bool] = []

    def try_it() -> None:
        try:
            with connection.cursor() as cursor:
                is_postgresql = connection.vendor == "postgresql"
                cursor.execute("SET lock_timeout = 200" if is_postgresql else "PRAGMA busy_timeout = 200")
            with transaction.atomic():
                work()
        except OperationalError:
            waits.append(True)
        else:
            waits.append(False)
        finally:
            connections.close_all()

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    return waits == [True]


def test_a_fallback_waits_for_who_is_just_ending_the_alert_so_that_it_hears_the_end() -> None:
    fallback = a_channel("fallback")
    channel, alert = a_channel(fallback=fallback), an_alert(NOW)
    row = firing(alert, channel, NOW)
    with transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(resolved_at=NOW)
        assert has_to_wait(lambda: tell_fallback(channel, [row], NOW))
    assert not has_to_wait(lambda: tell_fallback(channel, [row], NOW))
    assert Notification.objects.get(channel=fallback).alert == alert


def test_who_ends_alerts_does_not_wait_for_who_writes_events_of_them() -> None:
    alert = an_alert(NOW)
    ended = (alert, Resolved((alert.rule_id or 0, alert.fingerprint), NOW, None, "over"))
    with transaction.atomic():
        AlertEvent.objects.create(alert=alert, kind=AlertEvent.Kind.NOTIFIED, at=NOW)
        is_postgresql = connection.vendor == "postgresql"  # on SQLite one transaction writes at a time
        assert has_to_wait(lambda: _ended([ended], NOW, "over")) is not is_postgresql
