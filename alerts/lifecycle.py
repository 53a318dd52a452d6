"""The lives of alerts, written: each change appends an event and, in the same transaction, what has to be told."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from alerts.audit import audit
from alerts.board import Changes, Key, Opened, Resolved, Standing
from alerts.models import Alert, AlertEvent, Channel, Instance, Notification, Severity
from alerts.wording import TemplateRefused, render
from monitoring import overtake


class AlreadyResolved(Exception):
    """Somebody else, or the evaluator, was first."""


def apply(changes: Changes, now: datetime) -> None:
    """Writes what a cycle found. Call inside the transaction that also takes the facts as read."""
    for event in changes.events:
        if isinstance(event, Opened):
            _open(event, now)
        else:
            _resolve_by_evaluation(event, now)
    _write_instances(changes.standing)
    _clear_instances(changes.cleared)


def resolve_orphans(now: datetime) -> None:
    """Alerts whose rule was deleted have nothing left that could resolve them."""
    for alert in Alert.objects.filter(rule__isnull=True, resolved_at__isnull=True):
        _resolve(alert, now, now, None, "rule deleted")


@transaction.atomic
def acknowledge(alert: Alert, actor: User, note: str, now: datetime) -> Alert:
    """``actor`` takes the alert on; ``note`` says what is being done.

    Raises AlreadyResolved, and ValueError without a note.
    """
    if not note.strip():
        raise ValueError("Say in a note what you are doing about it.")
    taken = {"acknowledged_at": now, "acknowledged_by": actor, "acknowledged_note": note.strip()}
    if not Alert.objects.filter(pk=alert.pk, resolved_at__isnull=True).update(**taken):
        raise AlreadyResolved(str(alert))
    AlertEvent.objects.create(
        alert=alert, kind=AlertEvent.Kind.ACKNOWLEDGED, at=now, reason=note.strip()[:500], actor=actor
    )
    audit(alert, "acknowledged", actor)
    alert.refresh_from_db()
    return alert


@transaction.atomic
def resolve_by_hand(alert: Alert, actor: User, now: datetime) -> Alert:
    """Ends the alert; if its condition is still true it fires anew with the next fact. Raises AlreadyResolved."""
    overtake("evaluate")  # a cycle under way has read the instance that ends here
    if not _resolve(alert, now, now, None, "resolved by hand", actor):
        raise AlreadyResolved(str(alert))
    Instance.objects.filter(rule=alert.rule_id, fingerprint=alert.fingerprint).delete()
    audit(alert, "resolved", actor)
    alert.refresh_from_db()
    return alert


def _open(event: Opened, now: datetime) -> None:
    rule, fact = event.rule, event.fact
    alert = Alert.objects.create(
        rule_id=rule.id,
        rule_name=rule.name,
        fingerprint=fact.fingerprint,
        subject=fact.subject[:500],
        labels={**rule.tags, **fact.labels},
        severity=rule.severity,
        summary=_summary(event),
        value=fact.value,
        opened_at=fact.at,
    )
    opened = AlertEvent.objects.create(alert=alert, kind=AlertEvent.Kind.OPENED, at=fact.at, value=fact.value)
    _tell(opened, Notification.Kind.FIRING, Channel.objects.filter(rules=rule.id), now)


def _summary(event: Opened) -> str:
    rule, fact = event.rule, event.fact
    plain = f"{fact.subject} is {fact.value:g}" if not fact.is_health else f"{fact.subject}: {fact.details['message']}"
    if not rule.message_template:
        return plain
    severity = Severity(rule.severity).word
    try:
        return render(
            rule.message_template, {**fact.details, "rule": rule.name, "severity": severity, "subject": fact.subject}
        )
    except TemplateRefused as refused:
        return f"{plain} (the rule's message template failed: {refused})"


def _resolve_by_evaluation(event: Resolved, now: datetime) -> None:
    still_open = Alert.objects.filter(rule=event.rule_id, fingerprint=event.fingerprint, resolved_at__isnull=True)
    for alert in still_open:
        _resolve(alert, event.at, now, event.value, event.reason)


def _resolve(
    alert: Alert, at: datetime, now: datetime, value: float | None, reason: str, actor: User | None = None
) -> bool:
    ended = max(at, alert.opened_at)
    unresolved = Alert.objects.filter(pk=alert.pk, resolved_at__isnull=True)
    if not unresolved.update(resolved_at=ended, resolved_reason=reason):
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


def _write_instances(standing: dict[Key, Standing]) -> None:
    rows = [
        Instance(
            rule_id=rule_id,
            fingerprint=fingerprint,
            state=new.situation.state,
            active_since=new.situation.active_since,
            false_since=new.situation.false_since,
            rule_version=new.version,
            value=new.value,
        )
        for (rule_id, fingerprint), new in standing.items()
        if new.situation.active_since is not None  # which only ok, that has no row, lacks
    ]
    Instance.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["rule", "fingerprint"],
        update_fields=["state", "active_since", "false_since", "rule_version", "value"],
    )


def _clear_instances(cleared: list[Key]) -> None:
    by_rule: dict[int, list[str]] = {}
    for rule_id, fingerprint in cleared:
        by_rule.setdefault(rule_id, []).append(fingerprint)
    for rule_id, fingerprints in by_rule.items():
        Instance.objects.filter(rule=rule_id, fingerprint__in=fingerprints).delete()
