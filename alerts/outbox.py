"""The sweep over the outbox: every channel with due rows is served side by side, its rows in order.

The database is the queue. A task may be lost, sent twice or run beside another one: claims decide who sends what.
"""

import logging
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, close_old_connections, connection, connections, transaction
from django.db.models import QuerySet

from alerts.audit import audit
from alerts.channels import DeliveryFailed, TransientFailure, send
from alerts.clock_steps import bring_back
from alerts.delivery import Delivery, Due, Taken, claim, due_by_channel, record, requeue_expired, supersede_firings
from alerts.gates import RECHECK, Decision, Hold, Pass, decide
from alerts.message import message_of
from alerts.models import Notification
from alerts.results import Outcome, consequence_of
from alerts.retries import jitter
from alerts.standing import standing_of

CHANNELS_AT_ONCE = 16
SWEEP_SECONDS = 30.0

_State = Notification.State

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Time that goes on from ``began_at``, so that a long sweep keeps to the database's clock without asking it."""

    began_at: datetime
    _began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.began_at + timedelta(seconds=time.monotonic() - self._began)


def deliver_due(now: datetime) -> int:
    """Delivers what is due at ``now``, by the database's clock; gives the number of rows looked at.

    Begins no row after 30 s; the next sweep goes on. A channel whose sending failed rests until then.
    """
    clock = _Clock(now)
    requeue_expired(now)
    bring_back(now)
    turns = due_by_channel(now)
    if not turns:
        return 0
    _spare_connection()
    with ThreadPoolExecutor(min(len(turns), CHANNELS_AT_ONCE), "deliver") as pool:
        return sum(pool.map(lambda rows: _serve(rows, clock), turns.values()))


@transaction.atomic
def send_again(notification: Notification, now: datetime) -> bool:
    """Makes a row that was given up or withheld due again, with the same delivery id; the gates judge it anew.

    With a firing goes the resolve that was withheld because the firing was not told, so that no pager stays open.
    False when the row is in another state by now. The audit log takes the actor from the request.
    """
    ended = Notification.objects.filter(pk=notification.pk, state__in=(_State.DEAD, _State.WITHHELD))
    if not ended.update(state=_State.DUE, due_at=now, attempts=0, gate="", last_error=""):
        return False
    if notification.kind == Notification.Kind.FIRING:
        _end(notification).update(state=_State.DUE, due_at=now, gate="")
    audit(notification.alert, f"sent again to {notification.channel.name}")
    return True


def _end(firing: Notification) -> QuerySet[Notification]:
    """The withheld resolve of the same alert for the same channel."""
    resolves = Notification.objects.filter(alert=firing.alert_id, channel=firing.channel_id, state=_State.WITHHELD)
    return resolves.filter(kind=Notification.Kind.RESOLVED)


def _spare_connection() -> None:
    """PostgreSQL's connections are few and shared by a pool; none is kept while nothing is asked of it."""
    if connection.vendor == "postgresql":
        close_old_connections()


def _serve(rows: Sequence[Due], clock: _Clock) -> int:
    """Delivers a channel's rows in order, until one fails, another worker takes over, or the sweep's time ends."""
    ends = clock.began_at + timedelta(seconds=SWEEP_SECONDS)
    seen = 0
    try:
        for row in rows:
            if clock.now() >= ends:
                break
            delivery = claim(row, clock.now())
            if delivery is None:
                continue
            seen += 1
            if not _deliver(delivery, clock):
                break
    except Taken:
        log.debug("Another worker goes on with channel %s.", rows[0].channel_id)
    except Exception:  # the edge of a thread: the lease brings the row back, the other channels go on
        log.exception("Serving a channel failed.")
    finally:
        connections.close_all()  # this thread's, which ends now
    return seen


def _deliver(delivery: Delivery, clock: _Clock) -> bool:
    """False when the channel should rest."""
    outcome = _outcome(delivery, clock)
    now = clock.now()
    recorded = record(delivery, consequence_of(delivery.notification, outcome, now, jitter()), now)
    if not recorded:
        log.warning("Delivery %s was taken over by another worker.", delivery.notification.delivery_id)
    return recorded and not isinstance(outcome, TransientFailure)


def _outcome(delivery: Delivery, clock: _Clock) -> Outcome:
    notification = delivery.notification
    now = clock.now()
    if notification.kind == Notification.Kind.RESOLVED:
        supersede_firings(notification, now)
    decision = _judge(delivery, now)
    if not isinstance(decision, Pass):
        return decision
    if clock.now() >= delivery.lease_until:
        return Hold("the worker was frozen past its lease", now)
    return _attempt(notification, clock.now())


def _judge(delivery: Delivery, now: datetime) -> Decision:
    """What the gates say. A row that they fail on is held and says so: left leased, it would block its channel."""
    try:
        return decide(standing_of(delivery.notification, now, may_have_arrived=delivery.may_have_arrived), now)
    except (OperationalError, InterfaceError):
        raise  # of the database, not of the row: the lease brings it back
    except Exception as error:  # the edge of a row's judgement: it is recorded, and the channel's other rows go
        log.exception("The gates failed on delivery %s.", delivery.notification.delivery_id)
        return Hold(f"the gates failed on it ({type(error).__name__}); the log says where", now + RECHECK)


def _attempt(notification: Notification, now: datetime) -> Outcome:
    """Sends outside any transaction."""
    channel = notification.channel
    message = message_of(notification, now)
    _spare_connection()
    try:
        return send(channel, message)
    except DeliveryFailed as failure:
        return failure
    except Exception as error:  # noqa: BLE001  (a fault of ours must not look like silence: it is recorded)
        frames = "".join(traceback.format_tb(error.__traceback__))  # without the text, which may hold an address
        log.error("Channel %s raised %s:\n%s", channel.name, type(error).__name__, frames)
        return TransientFailure(f"unexpected {type(error).__name__}; the log says where")
