"""One delivery: a row of the outbox, claimed for a while by one worker, and what came of it.

Claims are conditional updates whose row count decides. Each raises the row's fence, and a result is accepted only
with the latest fence, so that a worker that was frozen past its lease cannot overwrite its successor's result.
A channel has one claimed row at a time: what it is told keeps its order, and each gate sees what went before.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Q, Window
from django.db.models.functions import RowNumber

from alerts.clock_steps import live_lease
from alerts.gates import Stop
from alerts.models import AlertEvent, Channel, Notification
from alerts.results import Consequence, withheld

_DUE = Notification.State.DUE
_LEASED = Notification.State.LEASED
_FIRING = Notification.Kind.FIRING
MOST_ROWS_OF_A_CHANNEL = 1_000
_LOST = "a worker stopped while sending it; it goes again with the same delivery id"


class Taken(Exception):
    """Another worker serves the channel, or did between finding and claiming a row of it."""


@dataclass(frozen=True, slots=True)
class Due:
    """A row whose turn it is, as it stood when it was found."""

    pk: int
    channel_id: int
    fence: int
    may_have_arrived: bool
    """Whether an earlier worker was lost while sending it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    notification: Notification
    fence: int
    lease_until: datetime
    may_have_arrived: bool


def requeue_expired(now: datetime) -> int:
    """Makes rows due again whose worker was lost. They keep ``lease_until``: nobody knows whether they arrived."""
    expired = Notification.objects.filter(~live_lease(now), state=_LEASED)
    return expired.update(state=_DUE, last_error=_LOST)


def due_by_channel(now: datetime) -> dict[int, list[Due]]:
    """Whose turn it is, in order, by channel. Healthy channels come first, so that dead ones cannot hold them up.

    Of each channel come the first thousand, however many wait for another.

    A row's turn comes at its time, and at once when a gate holds it and the alert it tells of has resolved since.
    Channels that another worker is serving are left to it.
    """
    is_over = Q(kind=_FIRING, alert__resolved_at__isnull=False, gate__gt="")
    served = Notification.objects.filter(live_lease(now)).order_by().values("channel_id")
    turn = Window(RowNumber(), partition_by="channel_id", order_by=("due_at", "pk"))
    rows = Notification.objects.filter(Q(due_at__lte=now) | is_over, state=_DUE).exclude(channel_id__in=served)
    first = rows.annotate(turn=turn).filter(turn__lte=MOST_ROWS_OF_A_CHANNEL).order_by("due_at", "pk")
    found: dict[bool, dict[int, list[Due]]] = {True: {}, False: {}}
    for pk, fence, lease_until, channel_id, unhealthy_since in first.values_list(
        "pk", "fence", "lease_until", "channel_id", "channel__unhealthy_since"
    ):
        due = Due(pk, channel_id, fence, may_have_arrived=lease_until is not None)
        found[unhealthy_since is None].setdefault(channel_id, []).append(due)
    return found[True] | found[False]


def claim(due: Due, now: datetime) -> Delivery | None:
    """The row, leased; None when there is nothing left to send: it was withheld, or deleted with its alert or channel.

    Raises Taken.
    """
    lease_until = now + timedelta(seconds=settings.CONFIG.lease_seconds)
    if not _lease(due, lease_until, now):
        state = Notification.objects.filter(pk=due.pk).values_list("state", flat=True).first()
        if state in (None, Notification.State.WITHHELD):
            return None
        raise Taken
    with_all = Notification.objects.select_related("alert__rule", "alert__acknowledged_by", "channel", "event")
    notification = with_all.filter(pk=due.pk).first()
    if notification is None:  # its alert or channel was deleted in this moment
        return None
    return Delivery(notification, due.fence + 1, lease_until, due.may_have_arrived)


@transaction.atomic
def _lease(due: Due, lease_until: datetime, now: datetime) -> bool:
    """Leases the row if it stands as it was found and no other row of its channel is being sent."""
    _lock_channel(due.channel_id)
    others = Notification.objects.filter(live_lease(now), channel_id=due.channel_id)
    unclaimed = Notification.objects.filter(~Exists(others), pk=due.pk, fence=due.fence, state=_DUE)
    return unclaimed.update(state=_LEASED, fence=due.fence + 1, lease_until=lease_until) == 1


def _lock_channel(channel_id: int) -> None:
    """Until the transaction ends, nobody else claims or records for the channel.

    On PostgreSQL two claims of different rows would not see each other otherwise. Always the first lock of the
    transaction, so that two can wait for each other but not both ways. On SQLite one transaction writes at a time.
    """
    list(Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).values_list("pk"))


def supersede_firings(resolve: Notification, now: datetime) -> None:
    """Withholds what a gate kept the channel from hearing of the alert before ``resolve``.

    The conditional update settles the race with a worker that is just claiming such a row: either the row is
    withheld, or the worker has it and ``resolve`` waits.
    """
    verdict = withheld(resolve, Stop("resolved before it could be told"), now)
    waiting = Notification.objects.filter(
        alert=resolve.alert, channel=resolve.channel, kind=_FIRING, state=_DUE, lease_until__isnull=True, gate__gt=""
    )
    with transaction.atomic():
        for _ in range(waiting.update(**verdict.row, fence=F("fence") + 1)):
            _append_event(resolve, verdict, now)


def record(delivery: Delivery, consequence: Consequence, now: datetime) -> bool:
    """Writes what came of the delivery; False, and nothing written, when another worker has taken the row over."""
    notification = delivery.notification
    with transaction.atomic():
        _lock_channel(notification.channel_id)
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
