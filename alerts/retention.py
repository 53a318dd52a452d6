"""Alerts that are long over are deleted in small steps, with their events and notifications."""

from datetime import datetime, timedelta

from alerts.models import Alert

STEP = 500


def delete_old_alerts(now: datetime, keep: timedelta, step: int = STEP) -> int:
    """Deletes up to ``step`` alerts that resolved longer than ``keep`` ago; gives the number of alerts."""
    over = Alert.objects.filter(resolved_at__lt=now - keep).order_by("resolved_at")
    ids = list(over.values_list("id", flat=True)[:step])
    Alert.objects.filter(id__in=ids).delete()
    return len(ids)
