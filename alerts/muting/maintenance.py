"""Uptime does not count announced maintenance: each occurrence of a window becomes an excluded interval."""

from datetime import datetime, timedelta

from django.db import transaction

from alerts.models import MaintenanceWindow, Notification
from alerts.muting import matchers
from alerts.muting.current import plan_of
from monitoring.health import count_again, exclude

LOOKS_BACK = timedelta(days=2)
"""A console that was down this long still notes what took place meanwhile."""
LOOKS_AHEAD = timedelta(hours=1)


def source_of(window_id: int) -> str:
    return f"maintenance:{window_id}"


def exclude_windows(now: datetime) -> int:
    """Notes what has begun or will within the hour; done again it changes nothing. Gives the number of occurrences."""
    noted = 0
    for window in MaintenanceWindow.objects.filter(enabled=True, counts_in_uptime=False):
        check = _check_of(window)
        since = max(now - LOOKS_BACK, window.updated_at)  # what took place before was noted as it was planned then
        for occurrence in plan_of(window).between(since, now + LOOKS_AHEAD):
            exclude(occurrence.start, occurrence.end, f"maintenance {window.name}", source_of(window.pk), check)
            noted += 1
    return noted


def replan(window_id: int, now: datetime) -> None:
    """After an edit: what has not taken place yet counts again, what is planned now is noted, and what the window holds
    back is looked at again."""
    with transaction.atomic():
        count_again(source_of(window_id), now)
        exclude_windows(now)
        Notification.objects.filter(maintenance=window_id, state=Notification.State.DUE).update(due_at=now)


def _check_of(window: MaintenanceWindow) -> str:
    """The health check that the window is about; empty where it is about more than one."""
    named = [one.value for one in matchers.stored(window.matchers) if (one.name, one.operator) == ("check", "=")]
    return named[0] if named else ""
