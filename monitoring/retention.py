"""What is past its retention is deleted in small steps, so that no step holds the database for long."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, QuerySet

from monitoring.clock import to_ms
from monitoring.leases import HOST_LEASE
from monitoring.models import (
    CollectorState,
    HealthCheckState,
    HealthRecord,
    Lease,
    MetricSnapshot,
    ProcessState,
    ReadCursor,
)

STEP = 2000
_READERS_WAITED_FOR = timedelta(hours=1)
_HOSTS_KEPT = timedelta(days=7)


def delete_old_snapshots(now: datetime, keep: timedelta, step: int = STEP) -> int:
    """Deletes up to ``step`` snapshots older than ``keep``; gives their number.

    What a reader has not read yet is spared, unless the reader has not moved for an hour: it is switched off, or lost.
    """
    readers = ReadCursor.objects.filter(table=MetricSnapshot._meta.db_table, moved_at__gt=now - _READERS_WAITED_FOR)
    read_to = readers.aggregate(lowest=Min("position"))["lowest"]
    old = MetricSnapshot.objects.filter(at__lt=to_ms(now - keep))
    old = old if read_to is None else old.filter(id__lte=read_to)
    ids = list(old.order_by("id").values_list("id", flat=True)[:step])
    return MetricSnapshot.objects.filter(id__in=ids).delete()[0]


def delete_old_health_records(now: datetime, keep: timedelta, step: int = STEP) -> int:
    """As above, for health records; transitions stay for ``AHGD_HEALTH_RETENTION_DAYS``: uptime is made of them.

    Of those that are older the last one of each check stays: it says what the check has been since.
    """
    old = HealthRecord.objects.filter(at__lt=to_ms(now - keep), is_transition=False)
    ids = list(old.order_by("id").values_list("id", flat=True)[:step])
    ids += list(_ancient_transitions(now).order_by("id").values_list("id", flat=True)[:step])
    return HealthRecord.objects.filter(id__in=ids).delete()[0]


def _ancient_transitions(now: datetime) -> QuerySet[HealthRecord]:
    """Transitions past their retention that another one past it followed."""
    limit_ms = to_ms(now - timedelta(days=settings.CONFIG.health_retention_days))
    ancient = HealthRecord.objects.filter(at__lt=limit_ms, is_transition=True)
    return ancient.filter(Exists(ancient.filter(state=OuterRef("state"), at__gt=OuterRef("at"))))


def forget_gone_hosts(now: datetime) -> None:
    """Rows of hosts that have not been heard of for a week: each container that is replaced leaves some behind."""
    leases = Lease.objects.filter(name__startswith=HOST_LEASE, expires_at__lt=now - _HOSTS_KEPT)
    gone = [name.removeprefix(HOST_LEASE) for name in leases.values_list("name", flat=True)]
    CollectorState.objects.filter(instance__in=gone).delete()
    HealthCheckState.objects.filter(instance__in=gone).delete()
    ProcessState.objects.filter(instance__in=gone, seen_at__lt=now - _HOSTS_KEPT).delete()
    leases.delete()
