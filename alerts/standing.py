"""Reads where notifications of one channel stand, for the gates to judge: a few queries for a whole batch."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from alerts import dependencies
from alerts.clock_steps import TOLERANCE
from alerts.delivery import Delivery
from alerts.gates import Standing, Told
from alerts.gates.news import IN_ORDER
from alerts.models import Alert, AlertEvent, Instance, Notification
from alerts.models.gate import GATHERING, IN_TURN
from alerts.muting.current import Mutes

_FIRING = Notification.Kind.FIRING
_TOLD = (Notification.State.SENT, Notification.State.NAMED)
_UNDER_WAY = (Notification.State.DUE, Notification.State.LEASED)
SEVERITIES = ("told_severity", "event__severity", "alert__severity")
OF_OTHERS = (
    "pk",
    "alert_id",
    "kind",
    "state",
    "lease_until",
    "gate",
    "due_at",
    "sent_at",
    "told",
    "event__kind",
    *SEVERITIES,
)
_REMINDERS = (AlertEvent.Kind.REPEATED, AlertEvent.Kind.FLAPPING, AlertEvent.Kind.ESCALATED)

Key = tuple[int, str]


@dataclass(slots=True)
class Past:
    """What became of the other rows that tell the channel of one alert."""

    told: Told | None = None
    under_way: dict[int, datetime] = field(default_factory=dict)
    """Firings on their way, with the time to look again."""
    latest_firing: int = 0


def standings_of(deliveries: Sequence[Delivery], now: datetime) -> list[Standing]:
    """Where each stands; all are of one channel, and come with their alert, rule, event and channel."""
    if not deliveries:
        return []
    rows = [delivery.notification for delivery in deliveries]
    pasts = _pasts(rows, now)
    told = _told_instances(rows, now)
    mutes = Mutes.at(now)
    parents = dependencies.firing_parents([row.alert for row in rows])
    restless = _flapping()
    leaders = _under_way({row.leader_id for row in rows if row.leader_id is not None})
    return [
        standing_of(
            row,
            pasts[row.alert_id],
            told.get(instance_of(row.alert)),
            may_have_arrived=delivery.may_have_arrived or bool(row.told),
            parent=parents.get(row.alert_id),
            maintenance=mutes.maintenance_of(row.alert),
            silence=mutes.silence_of(row.alert),
            is_flapping=instance_of(row.alert) in restless,
            leader_is_under_way=row.leader_id in leaders,
        )
        for delivery, row in zip(deliveries, rows, strict=True)
    ]


def severity_told(row: Notification) -> int:
    """What the row says how bad it is: of the change it tells, not of now, so that each attempt says the same."""
    return row.event.severity or row.alert.severity


def standing_of(row: Notification, past: Past, last_told: Told | None, **muting: Any) -> Standing:
    alert, rule = row.alert, row.alert.rule
    is_resolve = row.kind == Notification.Kind.RESOLVED
    others = [until for pk, until in past.under_way.items() if pk != row.pk]
    return Standing(
        id=row.pk,
        rule_id=alert.rule_id,
        instance=instance_of(alert),
        is_resolve=is_resolve,
        is_reminder=row.event.kind in _REMINDERS,
        is_notice=row.event.kind == AlertEvent.Kind.FLAPPING,
        severity=severity_told(row),
        alert_is_open=alert.is_open,
        acknowledged_by=alert.owner or None,
        channel_enabled=row.channel.enabled,
        rule_enabled=rule is None or rule.enabled,
        told=past.told,
        being_told_until=min(others) if is_resolve and others else None,
        is_outdated=past.latest_firing > row.pk,
        was_tried=row.attempts > 0,
        is_digest=row.is_digest,
        was_left=row.was_left,
        gate=row.gate,
        cooldown=timedelta(minutes=rule.cooldown_minutes if rule is not None else 0),
        last_told=last_told,
        most_per_hour=rule.max_alerts_per_hour if rule is not None else 0,
        leader=row.leader_id,
        group=alert.group_key,
        **muting,
    )


def instance_of(alert: Alert) -> Key:
    """A rule that is gone has no instances; each of its alerts stands alone."""
    return (alert.rule_id or -alert.pk, alert.fingerprint)


def _pasts(rows: Sequence[Notification], now: datetime) -> dict[int, Past]:
    alerts = {row.alert_id for row in rows}
    others = Notification.objects.filter(alert__in=alerts, channel=rows[0].channel_id).order_by("sent_at", "pk")
    return pasts_of(others.values(*OF_OTHERS), now)


def pasts_of(others: Iterable[Mapping[str, Any]], now: datetime) -> dict[int, Past]:
    """By alert, from all rows that tell one channel of it, in the order in which they were sent."""
    pasts: defaultdict[int, Past] = defaultdict(Past)
    for row in others:
        past, is_firing = pasts[row["alert_id"]], row["kind"] == _FIRING
        is_partly_told = is_firing and bool(row["told"])  # who heard of the firing hears of its end, too
        sent_at = row["sent_at"] if row["state"] in _TOLD else now if is_partly_told else None
        if sent_at is not None:
            past.told = _later(past.told, Told(sent_at, _severity(row) if is_firing else 0, row["pk"]))
        if is_firing and (row["state"] in _UNDER_WAY or row["lease_until"] is not None):
            is_gathered = row["gate"] in GATHERING and row["due_at"] > now
            past.under_way[row["pk"]] = (row["due_at"] if is_gathered else now) + IN_ORDER
        if is_firing and row["event__kind"] not in _REMINDERS:
            past.latest_firing = max(past.latest_firing, row["pk"])
    return pasts


def _later(one: Told | None, other: Told) -> Told:
    return other if one is None or other.at >= one.at else one


def _severity(row: Mapping[str, Any]) -> int:
    """The severity that was told, else that of the event, else the alert's."""
    severities = (row["told_severity"], row["event__severity"], row["alert__severity"])
    return next((one for one in severities if one is not None), 0)


def _severity_of_firing(row: Mapping[str, Any]) -> int:
    """As ``_severity``, and of what was told together with its end how bad it had been."""
    is_told_as_over = row["told_severity"] == 0
    return _severity({**row, "told_severity": None} if is_told_as_over else row)


def _told_instances(rows: Sequence[Notification], now: datetime) -> dict[Key, Told]:
    """The worst firing the channel was told of each instance within its cooldown, that is spent only by what was sent;
    and not by what the clock, set back since, puts in the future."""
    rules = {row.alert.rule_id: row.alert.rule for row in rows if row.alert.rule is not None}
    if not rules:
        return {}
    longest = timedelta(minutes=max(rule.cooldown_minutes for rule in rules.values()))
    sent = Notification.objects.filter(
        channel=rows[0].channel_id,
        kind=_FIRING,
        state__in=_TOLD,
        sent_at__gt=now - longest,
        sent_at__lte=now + TOLERANCE,
        alert__rule__in=rules,
        alert__fingerprint__in={row.alert.fingerprint for row in rows},
    ).order_by("sent_at")
    fields = ("pk", "alert__rule_id", "alert__fingerprint", "sent_at", *SEVERITIES)
    cooldowns = {rule_id: timedelta(minutes=rule.cooldown_minutes) for rule_id, rule in rules.items()}
    return worst_told(sent.values(*fields), cooldowns, now)


def worst_told(
    sent: Iterable[Mapping[str, Any]], cooldowns: Mapping[int | None, timedelta], now: datetime
) -> dict[Key, Told]:
    """Of the firings that were sent, in their order, the worst of each instance within its rule's cooldown."""
    told: dict[Key, Told] = {}
    for row in sent:
        key = row["alert__rule_id"], row["alert__fingerprint"]
        severity = _severity_of_firing(row)
        if row["sent_at"] > now - cooldowns[key[0]]:
            worst = max(severity, told[key].severity if key in told else 0)
            told[key] = Told(row["sent_at"], worst, row["pk"])
    return told


def _flapping() -> set[tuple[int, str]]:
    rows = Instance.objects.filter(flapping_since__isnull=False)
    return set(rows.values_list("rule_id", "fingerprint"))


def _under_way(ids: Collection[int]) -> set[int]:
    """Those of these notifications that go again, and that nothing but their turn holds."""
    if not ids:
        return set()
    went = Q(attempts__gt=0) | Q(lease_until__isnull=False)
    rows = Notification.objects.filter(went, pk__in=ids, state__in=_UNDER_WAY, gate__in=IN_TURN)
    return set(rows.values_list("pk", flat=True))
