"""Runs the steps that are due, each exactly once, whoever else sweeps at the same time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from alerts.escalation.courses import PLANNED, Course, escalating, read, with_all
from alerts.models import Alert, AlertEvent, Channel, Escalation, Notification

_BATCH = 100


def sweep(now: datetime) -> int:
    """Brings every escalation up to date and runs the steps that are due at ``now``; gives how many it ran."""
    found = read(escalating(), now)
    fresh = [course.escalation() for course in found if course.row is None]
    Escalation.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)  # another sweep may have been first
    to_do = [course for course in found if course.is_due(now) or (course.row is not None and not course.is_stored)]
    ids = [course.alert.pk for course in to_do]
    return sum(advance(ids[start : start + _BATCH], now) for start in range(0, len(ids), _BATCH))


@transaction.atomic
def advance(alert_ids: Sequence[int], now: datetime) -> int:
    """Reads the state again under the alerts' locks, and runs the steps that are due; gives how many this ran.

    Who acknowledges or resolves at the same moment either came first, and is seen, or waits until the step has run. An
    alert that somebody is just changing is left to the next sweep, so that nobody waits for another both ways.
    """
    free = Alert.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=alert_ids).order_by("pk")
    ran = []
    for course in read(with_all().filter(pk__in=[alert.pk for alert in free]), now):
        if not course.is_due(now):
            _store(course, course)
        elif _store(course, course.after_step(now), **_lateness(course, now)):
            ran.append(course)
    _tell(ran, now)
    return len(ran)


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


def _tell(ran: Sequence[Course], now: datetime) -> None:
    """The events and, in the same transaction, the rows of the outbox."""
    channels = Channel.objects.in_bulk({channel_id for course in ran for channel_id in _channels(course)})
    events = AlertEvent.objects.bulk_create([_event(course, channels, now) for course in ran])
    Notification.objects.bulk_create(
        Notification(
            alert=course.alert,
            event=event,
            channel_id=channel_id,
            kind=Notification.Kind.FIRING,
            created_at=now,
            due_at=now,
        )
        for course, event in zip(ran, events, strict=True)
        for channel_id in _channels(course)
        if channel_id in channels
    )


def _event(course: Course, channels: Mapping[int, Channel], now: datetime) -> AlertEvent:
    names = [channels[channel_id].name for channel_id in _channels(course) if channel_id in channels]
    return AlertEvent(
        alert=course.alert,
        kind=AlertEvent.Kind.ESCALATED,
        at=now,
        value=course.alert.value,
        severity=course.alert.severity,
        reason=_reason(course, sorted(names), now)[:500],
    )


def _channels(course: Course) -> tuple[int, ...]:
    return course.plan.step.channels if course.plan.step is not None else ()


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
