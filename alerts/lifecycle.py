"""What ends an alert besides evaluation: people, a deleted rule, a rule that breaks.

Each change appends an event and, in the same transaction, what has to be told.
"""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from alerts.audit import audit
from alerts.models import Alert, AlertEvent, Channel, Instance, Notification, Rule
from alerts.writing import end
from monitoring import overtake

ITSELF = "rule"  # the subject of an alert on a rule that is broken


class AlreadyResolved(Exception):
    """Somebody else, or the evaluator, was first."""


def resolve_orphans(now: datetime) -> None:
    """Alerts whose rule was deleted have nothing left that could resolve them."""
    for alert in Alert.objects.filter(rule__isnull=True, resolved_at__isnull=True):
        _resolve(alert, now, now, None, "rule deleted")


def note_broken(rule_id: int, reason: str, now: datetime) -> None:
    """A rule that cannot be judged says so once, to its owner; its instances stay as they are.

    What says so is an alert on the rule itself, open as long as the rule is broken. An empty ``reason`` ends it.
    """
    rule = Rule.objects.get(pk=rule_id)
    Rule.objects.filter(pk=rule_id).update(broken_reason=reason)
    open_alert = Alert.objects.filter(rule=rule, fingerprint=ITSELF, resolved_at__isnull=True).first()
    if open_alert is not None:
        if not reason:
            _resolve(open_alert, now, now, None, "the rule works again")
    elif reason:
        _tell_owner(rule, reason, now)


def resolve_disabled(now: datetime) -> None:
    """A rule that was disabled is not broken any more."""
    broken = Alert.objects.filter(fingerprint=ITSELF, resolved_at__isnull=True, rule__enabled=False)
    for alert in broken.select_related("rule"):
        _resolve(alert, now, now, None, "rule disabled")


def _tell_owner(rule: Rule, reason: str, now: datetime) -> None:
    alert = Alert.objects.create(
        rule=rule,
        rule_name=rule.name,
        fingerprint=ITSELF,
        subject=f"rule {rule.name}",
        labels=rule.tags,
        severity=rule.severity,
        summary=f"The rule {rule.name} is broken: {reason}"[:4000],
        opened_at=now,
    )
    opened = AlertEvent.objects.create(
        alert=alert, kind=AlertEvent.Kind.OPENED, at=now, severity=rule.severity, reason=f"broken: {reason}"[:500]
    )
    owner = rule.owner_channel
    _tell(opened, Notification.Kind.FIRING, rule.channels.all() if owner is None else [owner], now)


@transaction.atomic
def resolve_by_hand(alert: Alert, actor: User | None, now: datetime) -> Alert:
    """Ends the alert; if its condition is still true it fires anew with the next fact. Raises AlreadyResolved.

    Without an ``actor`` a program did.
    """
    overtake("evaluate")  # a cycle under way has read the instance that ends here
    if not _resolve(alert, now, now, None, "resolved by hand", actor):
        raise AlreadyResolved(str(alert))
    Instance.objects.filter(rule=alert.rule_id, fingerprint=alert.fingerprint).delete()
    audit(alert, "resolved", actor)
    alert.refresh_from_db()
    return alert


def _resolve(
    alert: Alert, at: datetime, now: datetime, value: float | None, reason: str, actor: User | None = None
) -> bool:
    ended = max(at, alert.opened_at)
    if not end(alert, ended, reason):
        return False
    resolved = AlertEvent.objects.create(
        alert=alert, kind=AlertEvent.Kind.RESOLVED, at=ended, value=value, reason=reason, actor=actor
    )
    asked = Channel.objects.filter(notifications__alert=alert, notifications__kind=Notification.Kind.FIRING).distinct()
    _tell(resolved, Notification.Kind.RESOLVED, asked, now)
    return True


def _tell(event: AlertEvent, kind: str, channels: Iterable[Channel], now: datetime) -> None:
    Notification.objects.bulk_create(
        Notification(alert_id=event.alert_id, event=event, channel=channel, kind=kind, created_at=now, due_at=now)
        for channel in channels
    )
