"""What is past its retention is deleted in small steps, so that no step holds the database for long."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min

from monitoring.clock import to_ms
from monitoring.models import HealthRecord, MetricSnapshot, ReadCursor

STEP = 2000
_READERS_WAITED_FOR = timedelta(hours=1)


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
    """As above, for health records; transitions stay for ``AHGD_HEALTH_RETENTION_DAYS``: uptime is made of them."""
    old = HealthRecord.objects.filter(at__lt=to_ms(now - keep), is_transition=False)
    ids = list(old.order_by("id").values_list("id", flat=True)[:step])
    ancient = HealthRecord.objects.filter(at__lt=to_ms(now - timedelta(days=settings.CONFIG.health_retention_days)))
    ids += list(ancient.order_by("id").values_list("id", flat=True)[:step])
    return HealthRecord.objects.filter(id__in=ids).delete()[0]
