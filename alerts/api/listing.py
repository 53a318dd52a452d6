"""Alerts as rows of the answer, chosen by filters and paged by key: the next page begins where the last one ended."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTransform

from alerts.api.schemas import Listing, State
from alerts.message import alert_url
from alerts.models import Alert, AlertEvent, Notification, Severity, Silence


def alerts() -> QuerySet[Alert]:
    """The newest first, with all that an answer says of each."""
    return Alert.objects.select_related("acknowledged_by", "escalation__policy").order_by("-pk")


def chosen(filters: Listing) -> QuerySet[Alert]:
    """The alerts that fit."""
    rows = alerts()
    if filters.state is not State.ALL:
        rows = rows.filter(resolved_at__isnull=filters.state is State.OPEN)
    if filters.severity:
        rows = rows.filter(severity__in=[Severity[word.name] for word in filters.severity])
    if filters.rule:
        rows = rows.filter(rule_name=filters.rule)
    if filters.acknowledged is not None:
        rows = rows.filter(acknowledged_at__isnull=not filters.acknowledged)
    if filters.opened_after is not None:
        rows = rows.filter(opened_at__gte=filters.opened_after)
    if filters.opened_before is not None:
        rows = rows.filter(opened_at__lt=filters.opened_before)
    for place, label in enumerate(filters.label):
        name, _, value = label.partition("=")
        rows = rows.alias(**{f"label_{place}": KeyTransform(name, "labels")}).filter(**{f"label_{place}": value})
    return rows


def page(asked: Listing) -> dict[str, Any]:
    found = list(chosen(asked).filter(pk__lt=asked.after)[: asked.limit + 1])
    shown = found[: asked.limit]
    return {"alerts": [brief(alert) for alert in shown], "next": shown[-1].pk if len(found) > asked.limit else None}


def brief(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "rule": alert.rule_name,
        "subject": alert.subject,
        "fingerprint": alert.fingerprint,
        "labels": alert.labels,
        "severity": Severity(alert.severity).word,
        "state": _state(alert),
        "summary": alert.summary,
        "value": alert.value,
        "opened_at": alert.opened_at,
        "resolved_at": alert.resolved_at,
        "resolved_reason": alert.resolved_reason,
        "acknowledgement": _acknowledgement(alert),
        "escalation": _escalation(alert),
        "url": alert_url(alert),
    }


def whole(alert: Alert) -> dict[str, Any]:
    events = alert.events.select_related("actor")
    notifications = alert.notifications.select_related("channel").order_by("created_at", "id")
    return brief(alert) | {
        "events": [_event(event) for event in events],
        "notifications": [_notification(row) for row in notifications],
    }


def silence(row: Silence) -> dict[str, Any]:
    return {
        "id": row.pk,
        "matchers": row.matchers,
        "comment": row.comment,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "by": row.created_by.get_username() if row.created_by is not None else None,
    }


def _state(alert: Alert) -> str:
    if not alert.is_open:
        return "resolved"
    return "acknowledged" if alert.owner else "firing"


def _acknowledgement(alert: Alert) -> dict[str, Any] | None:
    if not alert.owner:
        return None
    return {
        "by": alert.owner,
        "note": alert.acknowledged_note,
        "at": alert.acknowledged_at,
        "until": alert.acknowledged_until,
    }


def _escalation(alert: Alert) -> dict[str, Any] | None:
    row = getattr(alert, "escalation", None)
    if row is None:
        return None
    policy = row.policy.name if row.policy is not None else None
    return {"policy": policy, "step": row.position, "due_at": row.due_at, "reason": row.reason}


def _event(event: AlertEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "at": event.at,
        "value": event.value,
        "severity": Severity(event.severity).word if event.severity is not None else None,
        "reason": event.reason,
        "actor": event.actor.get_username() if event.actor is not None else None,
    }


def _notification(row: Notification) -> dict[str, Any]:
    return {
        "delivery_id": str(row.delivery_id),
        "channel": row.channel.name,
        "kind": row.kind,
        "state": row.state,
        "gate": row.gate or None,
        "why": row.held_reason or row.last_error,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "sent_at": row.sent_at,
    }
