"""What a clock that was set back leaves in the future: leases that nobody holds, rows that nobody would look at.

Every time the outbox writes lies at most a known wait ahead of the moment it was written. One that lies further ahead
was written before the clock was set back, and is not waited for: a lease counts as expired, a row as due. A worker
that was sending at that moment may so be doubled, with the same delivery id, as after a crash.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, Value
from django.db.models.functions import Least

from alerts.gates import RECHECK
from alerts.models import Gate, Notification
from alerts.retries import longest_wait_seconds

TOLERANCE = timedelta(seconds=60)
"""Clocks of hosts may differ by this much, and be set right by it, before anything is made of it."""


def live_lease(now: datetime) -> Q:
    """Rows that a worker is sending, as far as anybody can know."""
    latest = now + timedelta(seconds=settings.CONFIG.lease_seconds) + TOLERANCE
    return Q(state=Notification.State.LEASED, lease_until__gt=now, lease_until__lte=latest)


def bring_back(now: datetime) -> int:
    """Makes due what waits for a time that no wait explains; gives the number of rows.

    That is a row made in the future, or due later than the longest retry or, where a cooldown holds it, than the
    cooldown of its rule. It is judged anew, and its age counts from now.
    """
    wait = max(timedelta(seconds=longest_wait_seconds(settings.CONFIG.retry_seconds)), RECHECK)
    is_ahead = Q(created_at__gt=now + TOLERANCE) | Q(due_at__gt=now + wait + TOLERANCE)
    rows = Notification.objects.filter(is_ahead, state=Notification.State.DUE, due_at__gt=now + TOLERANCE).order_by()
    ids = [row.pk for row in rows.select_related("alert__rule") if not _is_in_cooldown(row, now)]
    still_due = Notification.objects.filter(pk__in=ids, state=Notification.State.DUE)
    return still_due.update(due_at=now, created_at=Least("created_at", Value(now))) if ids else 0


def _is_in_cooldown(row: Notification, now: datetime) -> bool:
    rule = row.alert.rule
    if rule is None or row.gate != Gate.COOLDOWN or row.created_at > now + TOLERANCE:
        return False
    return row.due_at <= now + timedelta(minutes=rule.cooldown_minutes) + TOLERANCE
