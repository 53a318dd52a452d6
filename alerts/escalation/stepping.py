"""Runs the steps that are due, each exactly once, whoever else sweeps at the same time."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from alerts.escalation.courses import PLANNED, Course, escalating, read, with_all
from alerts.models import Alert, AlertEvent, Channel, Escalation, Notification

log = logging.getLogger(__name__)


def sweep(now: datetime) -> int:
    """Brings every escalation up to date and runs the steps that are due at ``now``; gives how many it ran."""
    found = read(escalating(), now)
    fresh = [course.escalation() for course in found if course.row is None]
    Escalation.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)  # another sweep may have been first
    to_do = [course for course in found if course.is_due(now) or (course.row is not None and not course.is_stored)]
    return sum(advance(course.alert.pk, now) for course in to_do)


@transaction.atomic
def advance(alert_id: int, now: datetime) -> bool:
    """Reads the state again under the alert's lock, and runs the next step if it is due. Whether this ran one.

    Who acknowledges or resolves at the same moment either came first, and is seen, or waits until the step has run.
    """
    if not Alert.objects.select_for_update().filter(pk=alert_id).exists():
        return False  # retention took it
    for course in read(with_all().filter(pk=alert_id), now):
        if not course.is_due(now):
            _store(course, course)
        elif _store(course, course.after_step(now), **_lateness(course, now)):
            _tell(course, now)
            return True
    return False


def _store(before: Course, after: Course, **also: Any) -> bool:
    """Whether the row stood as ``before`` read it; of two that compete, one finds it so."""
    if before.row is None:
        return False
    wanted = after.escalation()
    as_read = Escalation.objects.filter(
        pk=before.row.pk, position=before.row.position, counted_from=before.row.counted_from
    )
    return as_read.update(**{name: getattr(wanted, name) for name in PLANNED}, **also) == 1


def _lateness(course: Course, now: datetime) -> dict[str, Any]:
    late = _late(course, now)
    return {"late_at": now, "late_seconds": late.total_seconds()} if late > late_after() else {}


def _tell(course: Course, now: datetime) -> None:
    """The event and, in the same transaction, the rows of the outbox."""
    alert = course.alert
    channels = Channel.objects.filter(pk__in=course.plan.step.channels if course.plan.step is not None else ())
    event = AlertEvent.objects.create(
        alert=alert,
        kind=AlertEvent.Kind.ESCALATED,
        at=now,
        value=alert.value,
        severity=alert.severity,
        reason=_reason(course, [channel.name for channel in channels], now)[:500],
    )
    Notification.objects.bulk_create(
        Notification(
            alert=alert, event=event, channel=channel, kind=Notification.Kind.FIRING, created_at=now, due_at=now
        )
        for channel in channels
    )


def _reason(course: Course, channels: list[str], now: datetime) -> str:
    """``step 1 of 2 of night-shift: pager, mail``, and by how much it is late where that matters."""
    positions = sorted(step.position for step in course.stand.steps)
    place = positions.index(course.plan.step.position) + 1 if course.plan.step is not None else 0
    late = _late(course, now)
    told = ", ".join(channels) or "no channel"
    delay = f"; {round(late.total_seconds())} s late" if late > late_after() else ""
    return f"step {place} of {len(positions)} of {course.policy}: {told}{delay}"


def _late(course: Course, now: datetime) -> timedelta:
    return now - course.plan.due_at if course.plan.due_at is not None else timedelta(0)


def late_after() -> timedelta:
    """By how much a step may miss its time before that is a fault: the sweep comes every few seconds."""
    return timedelta(seconds=settings.CONFIG.escalation_late_seconds)
