"""Somebody takes an alert on, and gives it back: what stops repeats and escalation, and lets them go on.

An acknowledge ends when its alert resolves, when it is given back, or at a time its owner set beforehand.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from alerts.audit import audit
from alerts.lifecycle import AlreadyResolved
from alerts.models import Alert, AlertEvent

LONGEST = timedelta(days=7)
LONGEST_NOTE = 500
_NOBODY = {
    "acknowledged_at": None,
    "acknowledged_by": None,
    "acknowledged_note": "",
    "acknowledged_until": None,
}


class NotAcknowledged(Exception):
    """There is nothing to give back: nobody has it, or it resolved."""


@transaction.atomic
def acknowledge(alert: Alert, actor: User, note: str, now: datetime, lasting: timedelta | None = None) -> Alert:
    """``actor`` takes the alert on, for ``lasting`` or until it resolves; ``note`` says what is being done.

    Raises AlreadyResolved, and ValueError without a note, or for a time that is not within a week.
    """
    note = note.strip()
    if not note:
        raise ValueError("Say in a note what you are doing about it.")
    if lasting is not None and not timedelta(0) < lasting <= LONGEST:
        raise ValueError(f"It can be given back after 1 minute to {LONGEST.days} days, or not by itself.")
    until = None if lasting is None else now + lasting
    taken = {
        "acknowledged_at": now,
        "acknowledged_by": actor,
        "acknowledged_note": note,
        "acknowledged_until": until,
    }
    if not Alert.objects.filter(pk=alert.pk, resolved_at__isnull=True).update(**taken):
        raise AlreadyResolved(str(alert))
    ends = "" if until is None else f" (until {until:%Y-%m-%d %H:%M} UTC)"
    _append(alert, AlertEvent.Kind.ACKNOWLEDGED, now, note[: LONGEST_NOTE - len(ends)] + ends, actor)
    audit(alert, "acknowledged", actor)
    alert.refresh_from_db()
    return alert


@transaction.atomic
def give_back(alert: Alert, actor: User, now: datetime) -> Alert:
    """Nobody has it any more; repeats and escalation go on from where they stood. Raises NotAcknowledged."""
    if not _taken().filter(pk=alert.pk).update(**_NOBODY):
        raise NotAcknowledged(str(alert))
    _append(alert, AlertEvent.Kind.UNACKNOWLEDGED, now, "given back", actor)
    audit(alert, "gave back", actor)
    alert.refresh_from_db()
    return alert


def lapse(now: datetime) -> int:
    """Ends the acknowledges whose time is over; gives how many. Of two at once, one ends each."""
    over = _taken().filter(acknowledged_until__lte=now).select_related("acknowledged_by")
    return sum(_lapse(alert, now) for alert in over)


@transaction.atomic
def _lapse(alert: Alert, now: datetime) -> bool:
    as_read = _taken().filter(pk=alert.pk, acknowledged_until=alert.acknowledged_until)
    if not as_read.update(**_NOBODY):
        return False
    reason = f"the time that {alert.owner} set is over"
    _append(alert, AlertEvent.Kind.UNACKNOWLEDGED, now, reason, None)
    return True


def _taken() -> QuerySet[Alert]:
    return Alert.objects.filter(resolved_at__isnull=True, acknowledged_at__isnull=False)


def _append(alert: Alert, kind: str, now: datetime, reason: str, actor: User | None) -> None:
    AlertEvent.objects.create(alert=alert, kind=kind, at=now, reason=reason, actor=actor)
