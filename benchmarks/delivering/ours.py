"""Our outbox on a database of its own: rows that are due, and the time until the last is recorded as sent."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime

from alerts.channels.webhook import body_of
from alerts.delivery import WITH_ALL
from alerts.message import message_of
from alerts.models import Alert, AlertEvent, Channel, Notification, Rule, Severity
from alerts.outbox import deliver_due
from monitoring import database_now


def add_webhook(name: str, port: int) -> Channel:
    return Channel.objects.create(name=name, kind="webhook", settings={"url": f"http://127.0.0.1:{port}/hook"})


def add_due(channels: Sequence[Channel], count: int) -> None:
    """``count`` alerts, each due for one of the channels in turn."""
    now = database_now()
    no_limit = {"condition": "value > 80", "max_alerts_per_hour": 0}
    rule, _ = Rule.objects.get_or_create(name="bench", defaults=no_limit)
    alerts = Alert.objects.bulk_create([_alert(rule, number, now) for number in range(count)])
    opened = AlertEvent.Kind.OPENED
    events = AlertEvent.objects.bulk_create([AlertEvent(alert=alert, kind=opened, at=now) for alert in alerts])
    Notification.objects.bulk_create(
        [
            Notification(
                alert=event.alert,
                event=event,
                channel=channels[number % len(channels)],
                kind=Notification.Kind.FIRING,
                created_at=now,
                due_at=now,
            )
            for number, event in enumerate(events)
        ]
    )


def body_of_one(channel: Channel) -> bytes:
    """What is posted of one of the notifications that are due."""
    row = Notification.objects.filter(channel=channel, state=Notification.State.DUE).select_related(*WITH_ALL)[0]
    return body_of(message_of(row, database_now()))


def _alert(rule: Rule, number: int, now: datetime) -> Alert:
    return Alert(
        rule=rule,
        rule_name=rule.name,
        fingerprint=f"{number}-{now.timestamp()}",
        subject=f'cpu_usage_percent{{instance="host-{number}"}}',
        labels={"instance": f"host-{number}", "metric": "cpu_usage_percent"},
        severity=Severity.HIGH,
        summary="CPU is at 93.4 %",
        value=93.4,
        opened_at=now,
    )


def seconds_to_deliver(count: int) -> float:
    """One sweep of one worker; all have to be sent at the end."""
    began = time.perf_counter()
    deliver_due(database_now())
    seconds = time.perf_counter() - began
    left = Notification.objects.exclude(state=Notification.State.SENT).count()
    assert left == 0, f"{left} of {count} were not sent"
    return seconds


def seconds_until_sent(channels: Sequence[Channel]) -> float:
    """From the begin of a sweep until nothing is left for these channels, whatever others do to it."""
    began = time.perf_counter()
    sweep = threading.Thread(target=lambda: deliver_due(database_now()))
    sweep.start()
    unsent = Notification.objects.filter(channel__in=channels).exclude(state=Notification.State.SENT)
    while unsent.exists():
        time.sleep(0.05)
    seconds = time.perf_counter() - began
    sweep.join()
    return seconds
