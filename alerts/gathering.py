"""A batch of deliveries judged: what passes, what is held or stopped, and which rows go in the message of another."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.db.models import Q

from alerts.delivery import WITH_ALL, Delivery, claim_more, due_of, supersede_firings
from alerts.gates import RECHECK, Decision, Hold, Join, Pass, Standing, Stop, decide_all
from alerts.ledger import ledger_of
from alerts.models import Gate, Notification
from alerts.models.gate import LIMITS
from alerts.standing import standings_of

_DUE = Notification.State.DUE
log = logging.getLogger(__name__)
MOST_MEMBERS = 500
"""Waiting rows that one message takes along, besides those of its batch; what is left goes with the next at once."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A delivery, what the gates say, and the rows that its message names besides its own."""

    delivery: Delivery
    decision: Pass | Hold | Stop
    members: list[Delivery] = field(default_factory=list)


def judge(deliveries: Sequence[Delivery], now: datetime) -> list[Judged]:
    """The deliveries are of one channel; those that join another's message stand with that one only.

    Rows outside the batch that belong into a message that goes out now are claimed to go with it. A row that the gates
    fail on is held and says so; it is found by halving, so that the others are judged all the same.
    """
    try:
        return _judge(deliveries, now) if deliveries else []
    except (OperationalError, InterfaceError):
        raise  # of the database, not of the rows: their lease brings them back
    except Exception as error:  # the edge of a row's judgement: it is recorded, and the channel's other rows go
        if len(deliveries) == 1:
            log.exception("The gates failed on delivery %s.", deliveries[0].notification.delivery_id)
            return [Judged(deliveries[0], _failed(error, now))]
    middle = len(deliveries) // 2
    return judge(deliveries[:middle], now) + judge(deliveries[middle:], now)


def _failed(error: Exception, now: datetime) -> Hold:
    return Hold(f"the gates failed on it ({type(error).__name__}); the log says where", now + RECHECK)


def _judge(deliveries: Sequence[Delivery], now: datetime) -> list[Judged]:
    rows = [delivery.notification for delivery in deliveries]
    supersede_firings([row for row in rows if row.kind == Notification.Kind.RESOLVED], now)
    everybody = [*deliveries, *_company(deliveries, now)]
    standings = standings_of(everybody, now)
    decisions = decide_all(standings, ledger_of(rows[0].channel_id, standings, now), now)
    led = led_by(everybody, standings, decisions, {row.pk for row in rows})
    if len(everybody) - len(rows) >= MOST_MEMBERS:
        _leave(led, now)
    return [_with_claimed(judged, {row.pk for row in rows}) for judged in led]


def _company(deliveries: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Rows of the channel that wait for what one of the batch may bring: a message of their group, a digest, or the
    message that was to name them when it failed or its worker was lost. They are not claimed yet."""
    rows = [delivery.notification for delivery in deliveries]
    groups = {row.alert.group_key for row in rows if row.alert.group_key}
    returning = [one.notification.pk for one in deliveries if _goes_again(one)]
    wanted = _of_groups(groups, now)
    if any(row.gate in LIMITS for row in rows):
        wanted |= Q(gate__in=LIMITS)
    waiting = Notification.objects.filter(channel=rows[0].channel_id, state=_DUE)
    others = waiting.exclude(pk__in=[row.pk for row in rows]).select_related(*WITH_ALL).order_by("due_at", "pk")
    found = list(others.filter(leader__in=returning)[:MOST_MEMBERS])
    if wanted:
        found += others.filter(wanted).exclude(pk__in=[row.pk for row in found])[: MOST_MEMBERS - len(found)]
    lease_until = deliveries[0].lease_until
    return [Delivery(row, due_of(row), row.fence, lease_until) for row in found]


def led_by(
    everybody: Sequence[Delivery],
    standings: Sequence[Standing],
    decisions: Sequence[Decision],
    batch: Collection[int],
) -> list[Judged]:
    """The batch's rows, each with its members. Company that joins none of them is left where it is."""
    led: dict[int, Judged] = {}
    for delivery, standing, decision in zip(everybody, standings, decisions, strict=True):
        row = delivery.notification
        row.told_severity = _severity_to_tell(row, standing)
        row.is_digest = isinstance(decision, Pass) and decision.is_digest
        leader = led.get(decision.leader) if isinstance(decision, Join) else None
        if leader is not None:
            leader.members.append(delivery)
        elif row.pk in batch and not isinstance(decision, Join):
            led[row.pk] = Judged(delivery, decision)
    return list(led.values())


def _leave(led: Sequence[Judged], now: datetime) -> None:
    """Notes what waits for these messages and found no room in them: no limit and no group holds it any longer."""
    sent = [one for one in led if isinstance(one.decision, Pass)]
    named = [row.notification.pk for one in sent for row in (one.delivery, *one.members)]
    fresh = [one.delivery.notification for one in sent if not _goes_again(one.delivery)]
    wanted = _of_groups({row.alert.group_key for row in fresh} - {""}, now)
    if any(row.is_digest for row in fresh):
        wanted |= Q(gate__in=LIMITS)
    if wanted:
        waiting = Notification.objects.filter(wanted, channel=sent[0].delivery.notification.channel_id, state=_DUE)
        waiting.exclude(pk__in=named).update(was_left=True, due_at=now)


def _goes_again(delivery: Delivery) -> bool:
    return delivery.notification.attempts > 0 or delivery.may_have_arrived


def _of_groups(groups: Collection[str], now: datetime) -> Q:
    """What these groups' next messages name; nothing asked where there is no group."""
    ready = Q(due_at__lte=now) | Q(gate=Gate.AGGREGATION)
    return Q(alert__group_key__in=groups) & ready if groups else Q()


def _severity_to_tell(row: Notification, standing: Standing) -> int:
    """0 is: that it is over. What was gathered says how it ended; each attempt says the same as the first."""
    if standing.is_resolve:
        return 0
    if standing.was_tried and row.told_severity is not None:
        return row.told_severity
    is_over = not standing.alert_is_open and standing.is_gathered
    return 0 if is_over and not standing.may_have_arrived and not standing.was_tried else standing.severity


def _with_claimed(judged: Judged, batch: Collection[int]) -> Judged:
    """With those members that could be claimed, and that know whose message names them should we be lost."""
    if not judged.members:
        return judged
    company = {one.notification.pk: one for one in judged.members if one.notification.pk not in batch}
    claimed = {
        one.notification.pk: one
        for one in claim_more([one.due for one in company.values()], judged.delivery.lease_until)
    }
    members = []
    for one in judged.members:
        if one.notification.pk in company and one.notification.pk not in claimed:
            continue  # somebody else was faster
        fence = claimed[one.notification.pk].fence if one.notification.pk in claimed else one.fence
        members.append(replace(one, fence=fence))
    _follow([one.notification.pk for one in members], judged.delivery.notification)
    return replace(judged, members=members)


def _follow(ids: Collection[int], leader: Notification) -> None:
    """The leader follows nobody any more: two that were each other's would both wait."""
    leased = Notification.objects.filter(state=Notification.State.LEASED)
    leased.filter(pk=leader.pk, leader__isnull=False).update(leader=None)
    leased.filter(pk__in=ids).update(leader=leader)
