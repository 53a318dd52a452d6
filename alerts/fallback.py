"""Who is told in the place of a channel that does not work: its fallback, and should that be disabled, the next one."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError

from alerts.models import Channel, Notification

_Kind = Notification.Kind


def tell_fallback(channel: Channel, untold: Sequence[Notification], now: datetime) -> None:
    """Makes due for the fallback of ``channel`` what the channel was not told, once for each event.

    The end of an alert that is over by now goes along, as it would otherwise never be told of that.
    """
    fallback = working_fallback(channel) if untold else None
    if fallback is None:
        return
    fired = [row.alert_id for row in untold if row.kind == _Kind.FIRING]
    ends = Notification.objects.filter(alert__in=fired, channel=channel, kind=_Kind.RESOLVED)
    rows = {row.event_id: row for row in (*untold, *ends)}
    knows = set(Notification.objects.filter(channel=fallback, event__in=rows).values_list("event_id", flat=True))
    Notification.objects.bulk_create(
        [
            Notification(
                alert_id=row.alert_id,
                event_id=row.event_id,
                channel=fallback,
                kind=row.kind,
                created_at=now,
                due_at=now,
                instead_of=channel,
            )
            for event_id, row in rows.items()
            if event_id not in knows
        ],
        ignore_conflicts=True,
    )


def working_fallback(channel: Channel) -> Channel | None:
    """The first enabled channel on the way from ``channel``."""
    seen = {channel.pk}
    ahead = channel.fallback
    while ahead is not None and ahead.pk not in seen:
        if ahead.enabled:
            return ahead
        seen.add(ahead.pk)
        ahead = ahead.fallback
    return None


def refuse_circle(channel: Channel, fallback: Channel | None) -> None:
    """Raises ValidationError when ``channel`` would come to stand in for itself."""
    seen = {channel.pk}
    ahead = fallback
    while ahead is not None:
        if ahead.pk in seen:
            raise ValidationError(f"{ahead} leads back to this channel; choose another one.", code="fallback")
        seen.add(ahead.pk)
        ahead = ahead.fallback
