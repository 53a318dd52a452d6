"""The message of a row of the outbox, and the one that tries a channel out."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from alerts.channels import Message
from alerts.models import Alert, AlertEvent, Channel, Gate, Notification, Severity

_FLAPPING = AlertEvent.Kind.FLAPPING


def message_of(notification: Notification, now: datetime) -> Message:
    """What ``notification`` tells at ``now``; it comes with its alert, rule, event and channel."""
    alert, rule, event = notification.alert, notification.alert.rule, notification.event
    is_resolve = notification.kind == Notification.Kind.RESOLVED or notification.told_severity == 0
    return Message(
        delivery_id=str(notification.delivery_id),
        kind=Notification.Kind.RESOLVED if is_resolve else Notification.Kind.FIRING,
        channel=notification.channel.name,
        rule=alert.rule_name,
        severity=Severity(notification.told_severity or alert.severity).word,
        subject=alert.subject,
        fingerprint=alert.fingerprint,
        labels={str(name): str(text) for name, text in alert.labels.items()},
        value=event.value,
        summary=f"{alert.summary} (flapping: {event.reason})" if event.kind == _FLAPPING else alert.summary,
        description=rule.description if rule is not None else "",
        reason=alert.resolved_reason if is_resolve else "",
        opened_at=alert.opened_at,
        resolved_at=alert.resolved_at if is_resolve else None,
        attempted_at=now,
        alert_id=alert.pk,
        url=alert_url(alert),
        runbook_url=rule.runbook_url if rule is not None else "",
        told=tuple(notification.told),
        only_to=_who_knows(notification) if is_resolve else None,
        note=_note(notification),
    )


def gathered(leader: Notification, members: Sequence[Notification], now: datetime) -> Message:
    """One message about the alerts of all these notifications, which names each; its delivery is that of ``leader``."""
    parts = [message_of(row, now) for row in (leader, *members)]
    firing = [part for part in parts if not part.is_resolved]
    worst = max(firing or parts, key=lambda part: Severity[part.severity.upper()])
    own = parts[0]
    return replace(
        own,
        kind=worst.kind,
        severity=worst.severity,
        rule=own.rule if all(part.rule == own.rule for part in parts) else "several rules",
        subject=_subject(own, len(parts)),
        labels={
            name: text for name, text in own.labels.items() if all(part.labels.get(name) == text for part in parts)
        },
        value=own.value if len(parts) == 1 else None,
        description=own.description if len(parts) == 1 else "",
        resolved_at=None if firing else max(part.resolved_at or now for part in parts),
        note=_withheld_by([leader, *members]) if leader.is_digest else own.note,
        members=tuple(parts),
    )


def _subject(own: Message, count: int) -> str:
    if count == 1:
        return own.subject
    return f"{own.subject} and {count - 1} more"


def _withheld_by(rows: Sequence[Notification]) -> str:
    """Which limits withheld how many of these; the rows are as they were before they were sent, or before a retry."""
    by_limit = Counter(row.gate for row in rows if row.gate)
    counts = ", ".join(f"{count} by the {Gate(gate).value}" for gate, count in by_limit.items()) or "by a limit"
    return f"withheld until now: {counts}"


def _who_knows(end: Notification) -> tuple[str, ...] | None:
    """The recipients that heard of the beginning, while some of the channel have still to; None when all have."""
    on_its_way = (Notification.State.DUE, Notification.State.LEASED)
    firings = Notification.objects.filter(
        alert=end.alert_id, channel=end.channel_id, kind=Notification.Kind.FIRING, state__in=on_its_way
    )
    told = [recipients for recipients in firings.values_list("told", flat=True) if recipients]
    return tuple(one for recipients in told for one in recipients) if told else None


def _note(notification: Notification) -> str:
    """Why it comes to this channel, and who has the alert already."""
    absent, alert = notification.instead_of, notification.alert
    said = []
    if absent is not None:
        said.append(f"told here because channel {absent.name} does not work: {absent.last_error}")
    if notification.event.kind == AlertEvent.Kind.ESCALATED:
        said.append(f"escalated, nobody has taken it on since {alert.opened_at:%Y-%m-%d %H:%M} UTC")
    if alert.owner:
        said.append(f"acknowledged by {alert.owner}: {alert.acknowledged_note}")
    return "; ".join(said)


def trial_message(channel: Channel, now: datetime) -> Message:
    """A firing that says of itself that it is only a test."""
    return Message(
        delivery_id=str(uuid.uuid4()),
        kind=Notification.Kind.FIRING,
        channel=channel.name,
        rule="test",
        severity=Severity.LOW.word,
        subject=f"channel {channel.name}",
        fingerprint=f"test of {channel.name}",
        labels={"test": "true"},
        value=None,
        summary="This is a test. Nothing is wrong.",
        description="",
        reason="",
        opened_at=now,
        resolved_at=None,
        attempted_at=now,
        alert_id=None,
        url=settings.CONFIG.origin + reverse("alerts:active"),
        runbook_url="",
    )


def alert_url(alert: Alert) -> str:
    """Where people read about the alert."""
    address: str = settings.CONFIG.origin + reverse("alerts:detail", args=[alert.pk])
    return address
