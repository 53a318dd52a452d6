"""Reads where a notification stands, for the gates to judge."""

from datetime import datetime, timedelta

from alerts.clock_steps import TOLERANCE
from alerts.gates import Standing, Told
from alerts.models import Notification, Rule

_FIRING = Notification.Kind.FIRING
_SENT = Notification.State.SENT
_UNDER_WAY = (Notification.State.DUE, Notification.State.LEASED)


def standing_of(notification: Notification, now: datetime, *, may_have_arrived: bool) -> Standing:
    """``notification`` comes with its alert, rule and channel; what other rows say is read here."""
    alert, rule = notification.alert, notification.alert.rule
    cooldown = timedelta(minutes=rule.cooldown_minutes if rule is not None else 0)
    firings = Notification.objects.filter(alert=alert, channel=notification.channel, kind=_FIRING)
    others = list(firings.exclude(pk=notification.pk).values_list("state", "lease_until"))
    return Standing(
        is_resolve=notification.kind == Notification.Kind.RESOLVED,
        severity=alert.severity,
        alert_is_open=alert.is_open,
        acknowledged_by=_acknowledged_by(notification),
        channel_enabled=notification.channel.enabled,
        rule_enabled=rule is None or rule.enabled,
        was_told=any(state == _SENT for state, _ in others),
        is_being_told=any(state in _UNDER_WAY or lease_until is not None for state, lease_until in others),
        may_have_arrived=may_have_arrived,
        cooldown=cooldown,
        last_told=_last_told(notification, rule, cooldown, now) if rule is not None else None,
    )


def _acknowledged_by(notification: Notification) -> str | None:
    alert = notification.alert
    if alert.acknowledged_at is None:
        return None
    return alert.acknowledged_by.get_username() if alert.acknowledged_by is not None else "somebody"


def _last_told(notification: Notification, rule: Rule, cooldown: timedelta, now: datetime) -> Told | None:
    """The cooldown is spent only by what was sent, and not by what the clock, set back since, puts in the future."""
    told = (
        Notification.objects.filter(
            channel=notification.channel,
            state=_SENT,
            sent_at__gt=now - cooldown,
            sent_at__lte=now + TOLERANCE,
            kind=_FIRING,
            alert__rule=rule,
            alert__fingerprint=notification.alert.fingerprint,
        )
        .order_by("-sent_at")
        .values_list("sent_at", "alert__severity")
        .first()
    )
    return Told(told[0], told[1]) if told is not None and told[0] is not None else None
