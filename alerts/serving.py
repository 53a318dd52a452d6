"""One channel served: a batch of its rows is judged, sent one after another, and recorded as it goes."""

import logging
import time
import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import close_old_connections, connection

from alerts.channels import DeliveryFailed, Receipt, TransientFailure, one_line, send
from alerts.delivery import Delivery, Due, Ended, record
from alerts.gates import Pass
from alerts.gathering import Judged, judge
from alerts.message import gathered, message_of
from alerts.models import Attempt, Notification
from alerts.results import Outcome, Unbegun, consequence_of, named, of_member, says_nothing_of_the_channel
from alerts.retries import jitter

MOST_IN_BATCH = 50
BATCH_SECONDS = 1.0
"""How old what the gates said may be; rows whose turn comes later are judged anew."""
RECORD_SECONDS = 0.1
"""How long a result may wait to be written with others: a worker that is killed now sends as much a second time."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time that goes on from ``began_at``, so that a long sweep keeps to the database's clock without asking it."""

    began_at: datetime
    _began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.began_at + timedelta(seconds=time.monotonic() - self._began)


def next_batch(waiting: Sequence[Due]) -> tuple[list[Due], list[Due]]:
    """The rows to claim together, no two of an instance, and those that are left, in their order."""
    batch: list[Due] = []
    left: list[Due] = []
    taken: set[tuple[int, str]] = set()
    for due in waiting:
        fits = len(batch) < MOST_IN_BATCH and due.instance not in taken
        (batch if fits else left).append(due)
        taken.add(due.instance)
    return batch, left


@dataclass(slots=True)
class Serving:
    """Deliveries of one batch. What is not recorded when it ends is nobody's; its lease brings it back."""

    clock: Clock
    unbegun: list[Due] = field(default_factory=list)
    """Rows that were given back since their turn did not come."""
    _ended: list[Ended] = field(default_factory=list)

    def deliver(self, deliveries: Sequence[Delivery]) -> bool:
        """False when the channel should rest: it failed, another worker took it over, or nothing could begin."""
        decided_at, batch = self.clock.now(), {one.due for one in deliveries}
        fresh_until = decided_at + timedelta(seconds=BATCH_SECONDS)
        is_resting = False
        for judged in judge(deliveries, decided_at):
            if is_resting or self.clock.now() >= min(fresh_until, judged.delivery.lease_until):
                self._give_back(judged, batch)
            else:
                is_resting = not self._deliver(judged)
        has_begun = len(self.unbegun) < len(deliveries)
        return self._record() and has_begun and not is_resting

    def _deliver(self, judged: Judged) -> bool:
        """False when the channel should rest."""
        if not isinstance(judged.decision, Pass):
            self._end(judged, judged.decision, None)
            return True
        at, began = self.clock.now(), time.monotonic()
        row = judged.delivery.notification
        outcome = _send(row, [one.notification for one in judged.members], at)
        self._end(judged, outcome, _attempt(row, outcome, at, time.monotonic() - began))
        if isinstance(outcome, DeliveryFailed) and not says_nothing_of_the_channel(row, outcome):
            return False
        is_time = self.clock.now() - self._ended[0].at >= timedelta(seconds=RECORD_SECONDS)
        return self._record() if is_time else True

    def _give_back(self, judged: Judged, batch: Collection[Due]) -> None:
        now = self.clock.now()
        for one in (judged.delivery, *judged.members):
            if one.due in batch:
                self.unbegun.append(replace(one.due, fence=one.fence))
            self._ended.append(Ended(one, consequence_of(one.notification, Unbegun(), now, 0), now, None))

    def _end(self, judged: Judged, outcome: Outcome, attempt: Attempt | None) -> None:
        now, row, noise = self.clock.now(), judged.delivery.notification, jitter()
        consequence = consequence_of(row, outcome, now, noise)
        for one in judged.members:
            after = (
                of_member(one.notification, row, outcome, now, noise)
                if isinstance(outcome, DeliveryFailed)
                else named(one.notification, row, now)
            )
            self._ended.append(Ended(one, after, now, None))
        for name, value in consequence.channel.items():  # the next row of the batch finds the channel as it is now
            setattr(row.channel, name, value)
        self._ended.append(Ended(judged.delivery, consequence, now, attempt))

    def _record(self) -> bool:
        """False when another worker has taken a row over."""
        ended, self._ended = self._ended, []
        overtaken = record(ended)
        for one in overtaken:
            log.warning("Delivery %s was taken over by another worker.", one.delivery.notification.delivery_id)
        return not overtaken


def _attempt(notification: Notification, outcome: Receipt | DeliveryFailed, at: datetime, seconds: float) -> Attempt:
    said = outcome.reason if isinstance(outcome, DeliveryFailed) else str(outcome)
    return Attempt(
        notification=notification,
        at=at,
        took_seconds=seconds,
        accepted=isinstance(outcome, Receipt),
        answer=one_line(said, longest=500),
    )


def _send(notification: Notification, members: Sequence[Notification], now: datetime) -> Receipt | DeliveryFailed:
    """Sends outside any transaction."""
    channel = notification.channel
    message = (
        gathered(notification, members, now) if members or notification.is_digest else message_of(notification, now)
    )
    spare_connection()
    try:
        return send(channel, message)
    except DeliveryFailed as failure:
        return failure
    except Exception as error:  # noqa: BLE001  (a fault of ours must not look like silence: it is recorded)
        frames = "".join(traceback.format_tb(error.__traceback__))  # without the text, which may hold an address
        log.error("Channel %s raised %s:\n%s", channel.name, type(error).__name__, frames)
        return TransientFailure(f"unexpected {type(error).__name__}; the log says where")


def spare_connection() -> None:
    """PostgreSQL's connections are few and shared by a pool; none is kept while nothing is asked of it."""
    if connection.vendor == "postgresql":
        close_old_connections()
