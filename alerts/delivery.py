"""Rows of the outbox, claimed for a while by one worker, and what came of them.

Claims are conditional updates whose row count decides. Each raises the row's fence, and a result is accepted only
with the latest fence, so that a worker that was frozen past its lease cannot overwrite its successor's result.
One worker at a time has rows of a channel, and of an instance one row at a time: what a channel is told keeps its
order, and each gate sees what went before.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber

from alerts.clock_steps import TOLERANCE, live_lease
from alerts.fallback import tell_fallback
from alerts.gates import Stop
from alerts.models import AlertEvent, Attempt, Channel, Notification
from alerts.models.gate import GATHERING, IN_TURN
from alerts.results import Consequence, withheld
from alerts.retries import longest_wait_seconds

_DUE = Notification.State.DUE
_LEASED = Notification.State.LEASED
_FIRING = Notification.Kind.FIRING
MOST_ROWS_OF_A_CHANNEL = 1_000
WITH_ALL = ("alert__rule", "alert__acknowledged_by", "channel", "event", "instead_of")
_LOST = "a worker stopped while sending it; it goes again with the same delivery id"


class Taken(Exception):
    """Another worker serves the channel."""


@dataclass(frozen=True, slots=True)
class Due:
    """A row whose turn it is, as it stood when it was found."""

    pk: int
    channel_id: int
    fence: int
    instance: tuple[int, str]
    """Rows of the same are not claimed together: the later one waits for what comes of the earlier."""
    may_have_arrived: bool
    """Whether an earlier worker was lost while sending it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row that is leased until ``lease_until``; of a batch, the rows share one channel object."""

    notification: Notification
    due: Due
    fence: int
    lease_until: datetime

    @property
    def may_have_arrived(self) -> bool:
        return self.due.may_have_arrived


@dataclass(frozen=True, slots=True)
class Ended:
    """A delivery that came to an end, for now or for good; ``attempt`` when something was sent."""

    delivery: Delivery
    consequence: Consequence
    at: datetime
    attempt: Attempt | None


def requeue_expired(now: datetime) -> int:
    """Makes rows due again whose worker was lost. They keep ``lease_until``: nobody knows whether they arrived."""
    expired = Notification.objects.filter(~live_lease(now), state=_LEASED)
    return expired.update(state=_DUE, last_error=_LOST)


def due_by_channel(now: datetime) -> dict[int, list[Due]]:
    """Whose turn it is, in order, by channel. Healthy channels come first, so that dead ones cannot hold them up.

    Of each channel come the first thousand, however many wait for another. Of an unhealthy one come, when it is time to
    probe it, those whose gate may have opened and after them one other, without waiting for its own time: what gates
    hold never takes the probe's place.

    A row's turn comes at its time, and at once when a gate holds it and the alert it tells of has resolved since.
    Channels that another worker is serving are left to it.
    """
    found: dict[bool, dict[int, list[Due]]] = {True: {}, False: {}}
    rows = _rows_in_turn(now).values_list(
        "pk",
        "fence",
        "lease_until",
        "channel_id",
        "channel__unhealthy_since",
        "held_reason",
        "alert_id",
        "alert__rule_id",
        "alert__fingerprint",
    )
    probes: dict[int, Due] = {}
    for pk, fence, lease_until, channel_id, unhealthy_since, held_reason, alert_id, rule_id, fingerprint in rows:
        instance = rule_id or -alert_id, fingerprint
        due = Due(pk, channel_id, fence, instance, may_have_arrived=lease_until is not None)
        of_channel = found[unhealthy_since is None].setdefault(channel_id, [])
        if unhealthy_since is None or held_reason:
            of_channel.append(due)
        else:
            probes.setdefault(channel_id, due)
    for channel_id, probe in probes.items():
        found[False][channel_id].append(probe)
    return found[True] | found[False]


def due_of(row: Notification) -> Due:
    """``row``, read with its alert, as one whose turn it is."""
    instance = row.alert.rule_id or -row.alert_id, row.alert.fingerprint
    return Due(row.pk, row.channel_id, row.fence, instance, may_have_arrived=row.lease_until is not None)


def _rows_in_turn(now: datetime) -> QuerySet[Notification]:
    is_over = Q(kind=_FIRING, alert__resolved_at__isnull=False, held_reason__gt="") & ~Q(gate__in=GATHERING)
    is_healthy = Q(channel__unhealthy_since__isnull=True)
    may_be_tried = Q(channel__probe_at__isnull=True) | Q(channel__probe_at__lte=now) | _clock_was_set_back(now)
    is_turn = Q(due_at__lte=now) | is_over | (~is_healthy & Q(held_reason=""))
    served = Notification.objects.filter(live_lease(now)).order_by().values("channel_id")
    may_be_probe = Case(When(~is_healthy & Q(held_reason=""), then=0), default=1)
    turn = Window(RowNumber(), partition_by="channel_id", order_by=(may_be_probe, "due_at", "pk"))
    rows = Notification.objects.filter(is_turn, may_be_tried, state=_DUE).exclude(channel_id__in=served)
    rows = rows.exclude(pk__in=_led_by_another())
    return rows.annotate(turn=turn).filter(turn__lte=MOST_ROWS_OF_A_CHANNEL).order_by("due_at", "pk")


def _led_by_another() -> QuerySet[Notification]:
    """Rows that go again in the message of another, which takes them along when its turn comes."""
    went = Q(attempts__gt=0) | Q(lease_until__isnull=False)
    leader_went = Q(leader__attempts__gt=0) | Q(leader__lease_until__isnull=False)
    rows = Notification.objects.filter(went, leader_went, state=_DUE, leader__state__in=(_DUE, _LEASED))
    return rows.filter(leader__gate__in=IN_TURN).order_by()


def _clock_was_set_back(now: datetime) -> Q:
    longest = max(longest_wait_seconds(settings.CONFIG.retry_seconds), settings.CONFIG.probe_seconds)
    return Q(channel__probe_at__gt=now + timedelta(seconds=longest) + TOLERANCE)


def claim(dues: Sequence[Due], now: datetime) -> list[Delivery]:
    """The rows, leased; all are of one channel. Those are missing that changed since they were found.

    Raises Taken when another worker has rows of the channel.
    """
    lease_until = now + timedelta(seconds=settings.CONFIG.lease_seconds)
    with transaction.atomic():
        _lock_channel(dues[0].channel_id)
        if Notification.objects.filter(live_lease(now), channel_id=dues[0].channel_id).exists():
            raise Taken
        return _lease(dues, lease_until)


def claim_more(dues: Sequence[Due], lease_until: datetime) -> list[Delivery]:
    """As ``claim``, for rows that go with one that the caller has until ``lease_until``."""
    if not dues:
        return []
    with transaction.atomic():
        _lock_channel(dues[0].channel_id)
        return _lease(dues, lease_until)


def _lease(dues: Sequence[Due], lease_until: datetime) -> list[Delivery]:
    found = {due.pk: due for due in dues}
    rows = Notification.objects.filter(pk__in=found, state=_DUE).select_for_update(of=("self",))
    unchanged = {row.pk: row for row in rows.select_related(*WITH_ALL) if row.fence == found[row.pk].fence}
    still_due = Notification.objects.filter(pk__in=unchanged, state=_DUE)
    still_due.update(state=_LEASED, fence=F("fence") + 1, lease_until=lease_until)
    for row in unchanged.values():
        row.channel = next(iter(unchanged.values())).channel
    return [Delivery(unchanged[due.pk], due, due.fence + 1, lease_until) for due in dues if due.pk in unchanged]


def _lock_channel(channel_id: int) -> None:
    """Until the transaction ends, nobody else claims or records for the channel.

    On PostgreSQL two claims of different rows would not see each other otherwise. Always the first lock of the
    transaction, so that two can wait for each other but not both ways. On SQLite one transaction writes at a time.
    """
    list(Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).values_list("pk"))


def supersede_firings(resolves: Iterable[Notification], now: datetime) -> None:
    """Withholds what a gate kept a channel from hearing of the alerts before these resolves of the channel.

    The conditional update settles the race with a worker that is just claiming such a row: either the row is
    withheld, or the worker has it and the resolve waits.
    """
    by_alert = {resolve.alert_id: resolve for resolve in resolves}
    if not by_alert:
        return
    channels = {resolve.channel_id for resolve in by_alert.values()}
    waiting = Notification.objects.filter(
        alert__in=by_alert,
        channel__in=channels,
        kind=_FIRING,
        state=_DUE,
        lease_until__isnull=True,
        held_reason__gt="",
        told=[],
    ).exclude(gate__in=GATHERING)
    for alert_id in set(waiting.values_list("alert_id", flat=True)):
        resolve = by_alert[alert_id]
        verdict = withheld(resolve, Stop("resolved before it could be told"), now)
        with transaction.atomic():
            for _ in range(waiting.filter(alert=alert_id).update(**verdict.row, fence=F("fence") + 1)):
                AlertEvent.objects.bulk_create(_events(resolve, verdict, now))


def record(ended: Sequence[Ended]) -> list[Ended]:
    """Writes what came of deliveries of one channel; gives those that another worker had taken over: of them nothing
    is written."""
    if not ended:
        return []
    channel_id = ended[0].delivery.notification.channel_id
    with transaction.atomic():
        _lock_channel(channel_id)
        ours = _update_rows(ended)
        AlertEvent.objects.bulk_create(
            [event for one in ours for event in _events(one.delivery.notification, one.consequence, one.at)]
        )
        Attempt.objects.bulk_create([one.attempt for one in ours if one.attempt is not None])
        if ours:
            _update_channel(ours)
    return [one for one in ended if one not in ours]


def _update_rows(ended: Sequence[Ended]) -> list[Ended]:
    """Updates alike rows together; those whose fence has moved on are left as they are, and out of the answer."""
    alike: defaultdict[str, list[Ended]] = defaultdict(list)
    for one in ended:
        row = _row_of(one) | {"sent_at": None}  # what was sent since the last time counts as sent at the end of it
        alike[f"{one.delivery.fence} {row}"].append(one)
    ours: list[Ended] = []
    for group in alike.values():
        if _update(group) == len(group):
            ours += group
        else:
            ours += [one for one in group if _update([one])]  # the same once more, to learn which
    return ours


def _update(alike: Sequence[Ended]) -> int:
    last = alike[-1]
    ids = [one.delivery.notification.pk for one in alike]
    return Notification.objects.filter(pk__in=ids, fence=last.delivery.fence).update(**_row_of(last))


def _row_of(one: Ended) -> dict[str, Any]:
    """What is written on the row; that it may have arrived is remembered for as long as it is not known to have."""
    row = one.consequence.row
    stays_unknown = one.delivery.may_have_arrived and row["state"] == _DUE
    return row | {"lease_until": one.delivery.lease_until if stays_unknown else None}


def _update_channel(ours: Sequence[Ended]) -> None:
    """What deliveries, in their order, mean for their channel and its other rows."""
    channel, at = ours[-1].delivery.notification.channel, ours[-1].at
    healths = [one.consequence.channel for one in ours if one.consequence.channel]
    if healths:
        Channel.objects.filter(pk=channel.pk).update(**healths[-1])
    waiting = Notification.objects.filter(channel=channel, state=_DUE)
    if any(one.consequence.channel_recovered for one in ours):
        waiting.filter(held_reason="", due_at__gt=at).update(due_at=at)
    for until in (one.consequence.channel_waits_until for one in ours):
        if until is not None:
            waiting.filter(due_at__lt=until).update(due_at=until)
    untold = [one.delivery.notification for one in ours if one.consequence.falls_back]
    if any(one.consequence.channel_falls_back for one in ours):
        untold += waiting.filter(held_reason="")[:MOST_ROWS_OF_A_CHANNEL]
    tell_fallback(channel, untold, at)


def _events(notification: Notification, consequence: Consequence, now: datetime) -> list[AlertEvent]:
    if consequence.event is None:
        return []
    kind, reason = consequence.event
    return [AlertEvent(alert_id=notification.alert_id, kind=kind, at=now, reason=reason)]
