"""Open alerts are told again, every few hours, to the channels that were told, until somebody acknowledges them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q

from alerts.lifecycle import ITSELF
from alerts.models import Alert, AlertEvent, Notification, Rule

_TOLD = (Notification.State.SENT, Notification.State.NAMED)
_UNDER_WAY = (Notification.State.DUE, Notification.State.LEASED)
MOST_AT_ONCE = 500


def repeat_due(now: datetime) -> int:
    """Writes what has to be told again at ``now``; gives the number of notifications.

    A channel is due when what it was told last is the rule's interval ago and nothing is on its way to it. Call under
    a lease: two at once would tell it twice.
    """
    firings = Notification.objects.filter(
        kind=Notification.Kind.FIRING,
        alert__resolved_at__isnull=True,
        alert__acknowledged_at__isnull=True,
        alert__rule__enabled=True,
        alert__rule__repeat_interval_minutes__gt=0,
        channel__enabled=True,
    ).exclude(alert__fingerprint=ITSELF)
    heard = (
        firings.order_by("alert_id", "channel_id")
        .values_list("alert_id", "channel_id")
        .annotate(
            last=Max("sent_at", filter=Q(state__in=_TOLD)),
            waiting=Count("pk", filter=Q(state__in=_UNDER_WAY)),
            every=Max("alert__rule__repeat_interval_minutes"),
        )
    )
    due = heard.filter(_is_old(now), waiting=0).order_by("last", "alert_id", "channel_id")
    return _write([(alert_id, channel_id) for alert_id, channel_id, *_ in due[:MOST_AT_ONCE]], now)


def _is_old(now: datetime) -> Q:
    """Whether ``last`` is as long ago as ``every``; of intervals there are few."""
    repeating = Rule.objects.filter(enabled=True, repeat_interval_minutes__gt=0).order_by()
    is_old = Q(every__in=())
    for minutes in repeating.values_list("repeat_interval_minutes", flat=True).distinct():
        is_old |= Q(every=minutes, last__lte=now - timedelta(minutes=minutes))
    return is_old


@transaction.atomic
def _write(due: Sequence[tuple[int, int]], now: datetime) -> int:
    """One event for each alert that is still open, and a row of the outbox for each of its channels."""
    alerts = {one.pk: one for one in Alert.objects.filter(pk__in={pk for pk, _ in due}, resolved_at__isnull=True)}
    events = AlertEvent.objects.bulk_create(
        AlertEvent(alert=alert, kind=AlertEvent.Kind.REPEATED, at=now, value=None, severity=alert.severity)
        for alert in alerts.values()
    )
    by_alert = {event.alert_id: event for event in events}
    rows = Notification.objects.bulk_create(
        Notification(
            alert=alerts[alert_id],
            event=by_alert[alert_id],
            channel_id=channel_id,
            kind=Notification.Kind.FIRING,
            created_at=now,
            due_at=now,
        )
        for alert_id, channel_id in due
        if alert_id in alerts
    )
    return len(rows)
