"""The sweep over the outbox: every channel with due rows is served side by side, its rows in order.

The database is the queue. A task may be lost, sent twice or run beside another one: claims decide who sends what.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.db.models import Q, QuerySet

from alerts.audit import audit
from alerts.clock_steps import bring_back
from alerts.delivery import Due, Taken, claim, due_by_channel, requeue_expired
from alerts.models import Channel, Notification
from alerts.serving import Clock, Serving, next_batch, spare_connection

CHANNELS_AT_ONCE = 16
SWEEP_SECONDS = 30.0

_State = Notification.State

log = logging.getLogger(__name__)


def deliver_due(now: datetime) -> int:
    """Delivers what is due at ``now``, by the database's clock; gives the number of rows looked at.

    Claims no rows after 30 s; the next sweep goes on. A channel whose sending failed rests until then.
    """
    clock = Clock(now)
    requeue_expired(now)
    bring_back(now)
    turns = due_by_channel(now)
    if not turns:
        return 0
    spare_connection()
    with ThreadPoolExecutor(min(len(turns), CHANNELS_AT_ONCE), "deliver") as pool:
        return sum(pool.map(lambda rows: _serve(rows, clock), turns.values()))


@transaction.atomic
def send_again(notification: Notification, now: datetime) -> bool:
    """Makes a row that was given up or withheld due again, with the same delivery id; the gates judge it anew.

    A row that some recipients refused goes to those only. A channel that is not to be tried yet is tried at once: who
    sends again has mended something.

    With a firing goes the resolve that was withheld because the firing was not told, so that no pager stays open.
    False when the row is in another state by now. The audit log takes the actor from the request.
    """
    is_over = Q(state__in=(_State.DEAD, _State.WITHHELD)) | (Q(state=_State.SENT) & ~Q(refused=""))
    ended = Notification.objects.filter(is_over, pk=notification.pk)
    anew = {
        "attempts": 0,
        "leader": None,
        "is_digest": False,
        "was_left": False,
        "held_reason": "",
        "last_error": "",
        "refused": "",
    }
    if not ended.update(state=_State.DUE, due_at=now, **anew):
        return False
    Channel.objects.filter(pk=notification.channel_id, probe_at__gt=now).update(probe_at=now)
    if notification.kind == Notification.Kind.FIRING:
        _end(notification).update(state=_State.DUE, due_at=now, held_reason="")
    audit(notification.alert, f"sent again to {notification.channel.name}")
    return True


def _end(firing: Notification) -> QuerySet[Notification]:
    """The withheld resolve of the same alert for the same channel."""
    resolves = Notification.objects.filter(alert=firing.alert_id, channel=firing.channel_id, state=_State.WITHHELD)
    return resolves.filter(kind=Notification.Kind.RESOLVED)


def _serve(rows: Sequence[Due], clock: Clock) -> int:
    """Delivers a channel's rows in order, until one fails, another worker takes over, or the sweep's time ends."""
    ends = clock.began_at + timedelta(seconds=SWEEP_SECONDS)
    waiting = list(rows)
    seen = 0
    try:
        while waiting and clock.now() < ends:
            batch, waiting = next_batch(waiting)
            deliveries = claim(batch, clock.now())
            serving = Serving(clock)
            goes_on = serving.deliver(deliveries)
            seen += len(deliveries) - len(serving.unbegun)
            if not goes_on:
                break
            waiting = serving.unbegun + waiting
    except Taken:
        log.debug("Another worker goes on with channel %s.", rows[0].channel_id)
    except Exception:  # the edge of a thread: the lease brings the rows back, the other channels go on
        log.exception("Serving a channel failed.")
    finally:
        connections.close_all()  # this thread's, which ends now
    return seen
