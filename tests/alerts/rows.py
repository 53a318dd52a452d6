"""Rows of the outbox for tests of delivery, with all that they hang on."""

from datetime import datetime, timedelta
from typing import Any

from alerts.delivery import Delivery, claim, due_by_channel
from alerts.models import Alert, AlertEvent, Channel, Notification, Rule, Severity

LEASE = timedelta(seconds=45)
_UNLIMITED = {"condition": "value > 80", "max_alerts_per_hour": 0}


def a_channel(name: str = "ops", **fields: Any) -> Channel:
    return Channel.objects.create(**{"name": name, "kind": "log"} | fields)


def an_alert(now: datetime, rule: Rule | None = None, **fields: Any) -> Alert:
    """An open alert of a rule with a cooldown of 15 minutes and no other limit; it shares no messages."""
    if rule is None:
        rule = Rule.objects.get_or_create(name="high_cpu_usage", defaults=_UNLIMITED)[0]
    plain = {
        "rule": rule,
        "rule_name": rule.name,
        "fingerprint": "abc",
        "subject": "cpu_usage_percent{instance=web}",
        "labels": {"instance": "web"},
        "severity": Severity.HIGH,
        "summary": "CPU is at 93.5 %",
        "value": 93.5,
        "opened_at": now,
    }
    return Alert.objects.create(**plain | fields)


def firing(alert: Alert, channel: Channel, now: datetime, **fields: Any) -> Notification:
    """A due row that tells ``channel`` that ``alert`` fires."""
    return _row(alert, channel, now, Notification.Kind.FIRING, AlertEvent.Kind.OPENED, fields)


def repeated(alert: Alert, channel: Channel, now: datetime, **fields: Any) -> Notification:
    """A due row that tells ``channel`` again that ``alert`` fires."""
    return _row(alert, channel, now, Notification.Kind.FIRING, AlertEvent.Kind.REPEATED, fields)


def resolved(alert: Alert, channel: Channel, now: datetime, **fields: Any) -> Notification:
    """Resolves ``alert`` and gives the due row that tells ``channel`` so."""
    Alert.objects.filter(pk=alert.pk).update(resolved_at=now, resolved_reason="back to normal")
    return _row(alert, channel, now, Notification.Kind.RESOLVED, AlertEvent.Kind.RESOLVED, fields)


def reread(row: Notification) -> Notification:
    return Notification.objects.get(pk=row.pk)


def events(alert: Alert, kind: str) -> list[str]:
    return list(alert.events.filter(kind=kind).values_list("reason", flat=True))


def claim_first(channel: Channel, now: datetime) -> Delivery:
    """What a worker has in hand that is killed or frozen at this point."""
    (delivery,) = claim(due_by_channel(now)[channel.pk][:1], now)
    return delivery


def _row(
    alert: Alert, channel: Channel, now: datetime, kind: str, event_kind: str, fields: dict[str, Any]
) -> Notification:
    event = AlertEvent.objects.create(alert=alert, kind=event_kind, at=now, value=alert.value)
    plain = {"alert": alert, "event": event, "channel": channel, "kind": kind, "created_at": now, "due_at": now}
    return Notification.objects.create(**plain | fields)
