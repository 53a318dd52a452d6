"""Reads where notifications of one channel stand, for the gates to judge: a few queries for a whole batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts import dependencies
from alerts.clock_steps import TOLERANCE
from alerts.gates import Muted, Standing, Told
from alerts.models import Alert, AlertEvent, Instance, Notification
from alerts.models.gate import GATHERING
from alerts.muting.current import Mutes

IN_ORDER = timedelta(seconds=2)
_FIRING = Notification.Kind.FIRING
_TOLD = (Notification.State.SENT, Notification.State.NAMED)
_UNDER_WAY = (Notification.State.DUE, Notification.State.LEASED)
_REMINDERS = (AlertEvent.Kind.REPEATED, AlertEvent.Kind.FLAPPING, "escalated")

Key = tuple[int, str]


@dataclass(slots=True)
class _Past:
    """What became of the other rows that tell the channel of one alert."""

    told: Told | None = None
    told_by_row: dict[int, Told] = field(default_factory=dict)
    under_way: dict[int, datetime] = field(default_factory=dict)
    """Firings on their way, with the time to look again."""
    latest_firing: int = 0


def standings_of(
    rows: Sequence[Notification], now: datetime, may_have_arrived: Mapping[int, bool] | None = None
) -> list[Standing]:
    """``rows`` are of one channel and come with their alert, rule, event and channel."""
    if not rows:
        return []
    pasts = _pasts(rows, now)
    told = _told_instances(rows, now)
    mutes = Mutes.at(now)
    parents = dependencies.firing_parents([row.alert for row in rows])
    restless = _flapping()
    return [
        _standing(
            row,
            pasts[row.alert_id],
            told.get(_key(row.alert)),
            may_have_arrived=bool(may_have_arrived and may_have_arrived.get(row.pk)),
            parent=parents.get(row.alert_id),
            maintenance=mutes.maintenance_of(row.alert),
            silence=mutes.silence_of(row.alert),
            is_flapping=_key(row.alert) in restless,
        )
        for row in rows
    ]


def severity_told(row: Notification) -> int:
    """What the row says how bad it is: of the change it tells, not of now, so that each attempt says the same."""
    return row.event.severity or row.alert.severity


def _standing(row: Notification, past: _Past, last_told: Told | None, **muting: Any) -> Standing:
    alert, rule = row.alert, row.alert.rule
    is_resolve = row.kind == Notification.Kind.RESOLVED
    others = [until for pk, until in past.under_way.items() if pk != row.pk]
    return Standing(
        id=row.pk,
        rule_id=alert.rule_id,
        instance=_key(alert),
        is_resolve=is_resolve,
        is_reminder=row.event.kind in _REMINDERS,
        is_notice=row.event.kind == AlertEvent.Kind.FLAPPING,
        severity=severity_told(row),
        alert_is_open=alert.is_open,
        acknowledged_by=_acknowledged_by(alert),
        channel_enabled=row.channel.enabled,
        rule_enabled=rule is None or rule.enabled,
        told=past.told,
        being_told_until=min(others) if is_resolve and others else None,
        is_outdated=past.latest_firing > row.pk,
        held_by=row.held_by,
        cooldown=timedelta(minutes=rule.cooldown_minutes if rule is not None else 0),
        last_told=last_told,
        most_per_hour=rule.max_alerts_per_hour if rule is not None else 0,
        group=alert.group_key,
        **muting,
    )


def _key(alert: Alert) -> Key:
    """A rule that is gone has no instances; each of its alerts stands alone."""
    return (alert.rule_id or -alert.pk, alert.fingerprint)


def _acknowledged_by(alert: Alert) -> str | None:
    if alert.acknowledged_at is None:
        return None
    return alert.acknowledged_by.get_username() if alert.acknowledged_by is not None else "somebody"


def _pasts(rows: Sequence[Notification], now: datetime) -> dict[int, _Past]:
    pasts: defaultdict[int, _Past] = defaultdict(_Past)
    alerts = {row.alert_id for row in rows}
    others = Notification.objects.filter(alert__in=alerts, channel=rows[0].channel_id).order_by("sent_at", "pk")
    fields = ("pk", "alert_id", "kind", "state", "lease_until", "held_by", "due_at", "sent_at")
    for pk, alert_id, kind, state, lease_until, held_by, due_at, sent_at, *severities in others.values_list(
        *fields, "told_severity", "event__severity", "alert__severity", "event__kind"
    ):
        past = pasts[alert_id]
        *possible, event_kind = severities
        if state in _TOLD and sent_at is not None:
            past.told = _later(past.told, Told(sent_at, _first(possible) if kind == _FIRING else 0, pk))
        elif kind == _FIRING and (state in _UNDER_WAY or lease_until is not None):
            past.under_way[pk] = (due_at if held_by in GATHERING and due_at > now else now) + IN_ORDER
        if kind == _FIRING and event_kind not in _REMINDERS:
            past.latest_firing = max(past.latest_firing, pk)
    return pasts


def _later(one: Told | None, other: Told) -> Told:
    return other if one is None or other.at >= one.at else one


def _first(severities: Iterable[int | None]) -> int:
    """The severity that was told, else that of the event, else the alert's."""
    return next((one for one in severities if one is not None), 0)


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
    told: dict[Key, Told] = {}
    for pk, rule_id, fingerprint, at, *severities in sent.values_list(
        "pk", "alert__rule_id", "alert__fingerprint", "sent_at", "told_severity", "event__severity", "alert__severity"
    ):
        if at <= now - timedelta(minutes=rules[rule_id].cooldown_minutes):
            continue
        before, severity = told.get((rule_id, fingerprint)), _first(severities)
        told[rule_id, fingerprint] = Told(at, max(severity, before.severity if before is not None else 0), pk)
    return told


def _flapping() -> set[tuple[int, str]]:
    rows = Instance.objects.filter(flapping_since__isnull=False)
    return set(rows.values_list("rule_id", "fingerprint"))
