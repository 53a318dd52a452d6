"""Reads where notifications stand, for the gates to judge: a batch of them in few queries."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from alerts.clock_steps import TOLERANCE
from alerts.delivery import Delivery
from alerts.gates import Standing, Told
from alerts.models import Notification

_FIRING = Notification.Kind.FIRING
_SENT = Notification.State.SENT
_UNDER_WAY = (Notification.State.DUE, Notification.State.LEASED)


def standings_of(deliveries: Sequence[Delivery], now: datetime) -> list[Standing]:
    """Where each stands; all are of one channel, and come with their alert, rule and channel."""
    rows = [delivery.notification for delivery in deliveries]
    firings, last_told = _firings(rows), _last_told(rows, now)
    return [_standing(delivery, firings, last_told, now) for delivery in deliveries]


_Firing = tuple[int, str, datetime | None, list[str]]


def _standing(
    delivery: Delivery, firings: dict[int, list[_Firing]], last_told: dict[tuple[int, str], Told], now: datetime
) -> Standing:
    notification = delivery.notification
    alert, rule = notification.alert, notification.alert.rule
    cooldown = timedelta(minutes=rule.cooldown_minutes if rule is not None else 0)
    others = [one for one in firings.get(alert.pk, ()) if one[0] != notification.pk]
    told = last_told.get((rule.pk, alert.fingerprint)) if rule is not None else None
    return Standing(
        is_resolve=notification.kind == Notification.Kind.RESOLVED,
        severity=alert.severity,
        alert_is_open=alert.is_open,
        acknowledged_by=_acknowledged_by(notification),
        channel_enabled=notification.channel.enabled,
        rule_enabled=rule is None or rule.enabled,
        was_told=any(state == _SENT or told_some for _, state, _, told_some in others),
        is_being_told=any(state in _UNDER_WAY or lease_until is not None for _, state, lease_until, _ in others),
        may_have_arrived=delivery.may_have_arrived or bool(notification.told),
        cooldown=cooldown,
        last_told=told if told is not None and told.at > now - cooldown else None,
    )


def _acknowledged_by(notification: Notification) -> str | None:
    alert = notification.alert
    if alert.acknowledged_at is None:
        return None
    return alert.acknowledged_by.get_username() if alert.acknowledged_by is not None else "somebody"


def _firings(rows: Iterable[Notification]) -> dict[int, list[_Firing]]:
    """By alert: what its channel was or is to be told of its firing."""
    found: dict[int, list[_Firing]] = {}
    firings = Notification.objects.filter(_of_channel(rows), alert__in={row.alert_id for row in rows}, kind=_FIRING)
    for alert_id, *firing in firings.order_by().values_list("alert_id", "pk", "state", "lease_until", "told"):
        found.setdefault(alert_id, []).append((firing[0], firing[1], firing[2], firing[3]))
    return found


def _last_told(rows: Iterable[Notification], now: datetime) -> dict[tuple[int, str], Told]:
    """By rule and fingerprint: the latest firing the channel accepted within the longest cooldown.

    The cooldown is spent only by what was sent, and not by what the clock, set back since, puts in the future.
    """
    rules = {row.alert.rule_id: row.alert.rule.cooldown_minutes for row in rows if row.alert.rule is not None}
    told = Notification.objects.filter(
        _of_channel(rows),
        state=_SENT,
        sent_at__gt=now - timedelta(minutes=max(rules.values(), default=0)),
        sent_at__lte=now + TOLERANCE,
        kind=_FIRING,
        alert__rule__in=rules,
        alert__fingerprint__in={row.alert.fingerprint for row in rows},
    ).order_by("sent_at")
    fields = ("alert__rule_id", "alert__fingerprint", "sent_at", "event__severity", "alert__severity")
    return {
        (rule_id, fingerprint): Told(sent_at, at_event or of_alert)
        for rule_id, fingerprint, sent_at, at_event, of_alert in told.values_list(*fields)
    }


def _of_channel(rows: Iterable[Notification]) -> Q:
    return Q(channel__in={row.channel_id for row in rows})
