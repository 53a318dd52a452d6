"""What is past its retention is deleted in small steps, so that no step holds the database for long."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from monitoring.clock import to_ms
from monitoring.host_leases import first_gone
from monitoring.keeping.forgetting import holds
from monitoring.keeping.gaps import read_to
from monitoring.models import (
    CollectorState,
    HealthCheckState,
    HealthDay,
    HealthRecord,
    Lease,
    MetricSnapshot,
    ProcessState,
)

STEP = 2000
_HOSTS_KEPT = timedelta(days=7)


def delete_old_snapshots(now: datetime, keep: timedelta, step: int = STEP) -> int:
    """Deletes up to ``step`` snapshots older than ``keep``; gives their number. Sealing has most of them long before.

    What a reader has not read yet is spared, unless the reader has not moved for an hour: it is switched off, or lost.
    So is what is held, and what belongs to a metric that is kept for a time of its own.
    """
    lowest = read_to(now)
    old = MetricSnapshot.objects.filter(at__lt=to_ms(now - keep), series__metric__raw_days=None)
    old = old.filter(~Exists(holds(OuterRef("at"), OuterRef("at"))))
    return _delete_some(old if lowest is None else old.filter(id__lte=lowest), step)


def delete_old_health_records(now: datetime, keep: timedelta, step: int = STEP) -> int:
    """As above, for health records; transitions stay for ``AHGD_HEALTH_RETENTION_DAYS``: uptime is made of them.

    Of those that are older the last one of each check stays: it says what the check has been since.
    """
    old = HealthRecord.objects.filter(at__lt=to_ms(now - keep), is_transition=False)
    return _delete_some(old, step) + _delete_some(_ancient_transitions(now), step)


def forget_gone_hosts(now: datetime, step: int = STEP) -> int:
    """Deletes up to ``step`` rows of a host that has not been heard of for a week; gives their number.

    Each container that is replaced leaves some behind. Its leases are deleted last, so that the next step goes on.
    """
    gone = first_gone(now - _HOSTS_KEPT)
    if gone is None:
        return 0
    states = HealthCheckState.objects.filter(instance=gone.instance)
    rows = (
        HealthRecord.objects.filter(state__in=states),
        HealthDay.objects.filter(state__in=states),
        states,
        CollectorState.objects.filter(instance=gone.instance),
        ProcessState.objects.filter(instance=gone.instance, seen_at__lt=now - _HOSTS_KEPT),
        Lease.objects.filter(pk__in=gone.leases),
    )
    return next((deleted for each in rows if (deleted := _delete_some(each, step))), 0)


def _delete_some(rows: QuerySet[Any], step: int) -> int:
    pks = list(rows.order_by("pk").values_list("pk", flat=True)[:step])
    return rows.model._default_manager.filter(pk__in=pks).delete()[0] if pks else 0


def _ancient_transitions(now: datetime) -> QuerySet[HealthRecord]:
    """Transitions past their retention that another one past it followed."""
    limit_ms = to_ms(now - timedelta(days=settings.CONFIG.health_retention_days))
    ancient = HealthRecord.objects.filter(at__lt=limit_ms, is_transition=True)
    return ancient.filter(Exists(ancient.filter(state=OuterRef("state"), at__gt=OuterRef("at"))))
