"""One delivery: a row of the outbox, claimed for a while by one worker, and what came of it.

Claims are conditional updates whose row count decides. Each raises the row's fence, and a result is accepted only
with the latest fence, so that a worker that was frozen past its lease cannot overwrite its successor's result.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Q, QuerySet

from alerts.gates import Stop
from alerts.models import AlertEvent, Channel, Notification
from alerts.results import Consequence, withheld

_DUE = Notification.State.DUE
_LEASED = Notification.State.LEASED
_FIRING = Notification.Kind.FIRING
_LOST = "a worker stopped while sending it; it goes again with the same delivery id"


@dataclass(frozen=True, slots=True)
class Delivery:
    notification: Notification
    fence: int
    lease_until: datetime
    may_have_arrived: bool
    """Whether an earlier worker was lost while sending it."""


def due(now: datetime) -> QuerySet[Notification]:
    """Rows to look at: their time has come, or they tell of an alert that has resolved since."""
    is_over = Q(kind=_FIRING, alert__resolved_at__isnull=False)
    return Notification.objects.filter(Q(due_at__lte=now) | is_over, state=_DUE)


def requeue_expired(now: datetime) -> int:
    """Makes rows due again whose worker was lost. They keep ``lease_until``: nobody knows whether they arrived."""
    return Notification.objects.filter(state=_LEASED, lease_until__lte=now).update(state=_DUE, last_error=_LOST)


def channels_with_due(now: datetime) -> list[int]:
    """Channels to serve, healthy ones first, so that dead ones cannot hold them up."""
    return list(
        Channel.objects.filter(pk__in=due(now).values("channel_id"))
        .order_by(F("unhealthy_since").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)
    )


def claim_next(channel_id: int, now: datetime) -> Delivery | None:
    """The oldest due row of the channel, leased; None when there is none, or another worker serves the channel."""
    row = due(now).filter(channel_id=channel_id).order_by("pk").first()
    if row is None:
        return None
    lease_until = now + timedelta(seconds=settings.CONFIG.lease_seconds)
    in_flight = Notification.objects.filter(channel_id=channel_id, state=_LEASED, lease_until__gt=now)
    claimed = Notification.objects.filter(~Exists(in_flight), pk=row.pk, state=_DUE, fence=row.fence).update(
        state=_LEASED, fence=F("fence") + 1, lease_until=lease_until
    )
    if not claimed:
        return None
    found = Notification.objects.select_related("alert__rule", "alert__acknowledged_by", "channel", "event")
    notification = found.filter(pk=row.pk).first()
    if notification is None:  # its alert or channel was deleted in this moment
        return None
    return Delivery(notification, row.fence + 1, lease_until, may_have_arrived=row.lease_until is not None)


def supersede_firings(resolve: Notification, now: datetime) -> None:
    """Withholds what the channel was to hear of the alert before ``resolve``.

    The conditional update settles the race with a worker that is just claiming such a row: either the row is
    withheld, or the worker has it and ``resolve`` waits.
    """
    verdict = withheld(resolve, Stop("resolved before it could be told"), now)
    waiting = Notification.objects.filter(
        alert=resolve.alert, channel=resolve.channel, kind=_FIRING, state=_DUE, lease_until__isnull=True
    )
    with transaction.atomic():
        for _ in range(waiting.update(**verdict.row, fence=F("fence") + 1)):
            _append_event(resolve, verdict, now)


def record(delivery: Delivery, consequence: Consequence, now: datetime) -> bool:
    """Writes what came of the delivery; False, and nothing written, when another worker has taken the row over."""
    notification = delivery.notification
    with transaction.atomic():
        current = Notification.objects.filter(pk=notification.pk, fence=delivery.fence)
        if not current.update(**consequence.row, lease_until=None):
            return False
        _append_event(notification, consequence, now)
        if consequence.channel:
            Channel.objects.filter(pk=notification.channel_id).update(**consequence.channel)
        waiting = Notification.objects.filter(channel=notification.channel, state=_DUE)
        if consequence.channel_waits_until is not None:
            until = consequence.channel_waits_until
            waiting.filter(due_at__lt=until).update(due_at=until)
        if consequence.channel_recovered:
            waiting.filter(attempts__gt=0, gate="").update(due_at=now)
    return True


def _append_event(notification: Notification, consequence: Consequence, now: datetime) -> None:
    if consequence.event is not None:
        kind, reason = consequence.event
        AlertEvent.objects.create(alert=notification.alert, kind=kind, at=now, reason=reason)
