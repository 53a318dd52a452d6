"""Uptime does not count announced maintenance: each occurrence of a window becomes an excluded interval."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from alerts.models import MaintenanceWindow, Notification
from alerts.muting import matchers
from alerts.muting.current import plan_of
from alerts.muting.matchers import Matcher
from monitoring.health import checks_with_instance, count_again, exclude

LOOKS_BACK = timedelta(days=2)
"""A console that was down this long still notes what took place meanwhile."""
LOOKS_AHEAD = timedelta(hours=1)
_OF_ALERTS_ALONE = ("rule", "severity")


def source_of(window_id: int) -> str:
    return f"maintenance:{window_id}"


def exclude_windows(now: datetime) -> int:
    """Notes what has begun or will within the hour; done again it changes nothing. Gives the number of intervals."""
    noted = 0
    known = list(checks_with_instance())
    for window in MaintenanceWindow.objects.filter(enabled=True, counts_in_uptime=False):
        checks = checks_of(matchers.stored(window.matchers), known)
        since = max(now - LOOKS_BACK, window.updated_at)  # what took place before was noted as it was planned then
        for occurrence in plan_of(window).between(since, now + LOOKS_AHEAD):
            exclude(occurrence.start, occurrence.end, f"maintenance {window.name}", source_of(window.pk), checks=checks)
            noted += len(checks)
    return noted


def checks_of(wanted: Sequence[Matcher], known: Iterable[tuple[str, str]]) -> list[str]:
    """Names of the health checks that matchers are about, of pairs of a check and its instance; ``""`` for every one.

    A check has the labels ``check``, ``instance`` and ``subject``. Rule and severity are an alert's alone, and only
    count where nothing else is named. Where all of a check is meant, its hosts are not named one by one.
    """
    about = [one for one in wanted if one.name not in _OF_ALERTS_ALONE]
    if not about:
        return [""] if matchers.matches(wanted, {}) else []
    named = [(one.value, "") for one in about if (one.name, one.operator) == ("check", "=")]
    fitting = {pair for pair in (*named, *known) if matchers.matches(about, _labels(*pair))}
    whole = {check for check, instance in fitting if not instance}
    hosts = {f"{check}@{instance}" for check, instance in fitting if instance and check not in whole}
    return sorted(whole | hosts)


def _labels(check: str, instance: str) -> dict[str, str]:
    return {"check": check, "instance": instance, "subject": f"health check {check}"}


def replan(window_id: int, now: datetime) -> None:
    """After an edit: what has not taken place yet counts again, what is planned now is noted, and what the window holds
    back is looked at again."""
    with transaction.atomic():
        count_again(source_of(window_id), now)
        exclude_windows(now)
        Notification.objects.filter(maintenance=window_id, state=Notification.State.DUE).update(due_at=now)
