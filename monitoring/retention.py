"""What is past its retention is deleted in small steps, so that no step holds the database for long."""

from datetime import datetime, timedelta

from django.db.models import Min

from monitoring.clock import to_ms
from monitoring.models import HealthRecord, MetricSnapshot, ReadCursor

STEP = 2000
_TRANSITIONS_KEPT = timedelta(days=730)


def delete_old_snapshots(now: datetime, keep: timedelta, step: int = STEP) -> int:
    """Deletes up to ``step`` snapshots older than ``keep`` that every reader has read; gives their number."""
    read_to = ReadCursor.objects.aggregate(lowest=Min("position"))["lowest"]
    old = MetricSnapshot.objects.filter(at__lt=to_ms(now - keep))
    old = old if read_to is None else old.filter(id__lte=read_to)
    ids = list(old.order_by("id").values_list("id", flat=True)[:step])
    return MetricSnapshot.objects.filter(id__in=ids).delete()[0]


def delete_old_health_records(now: datetime, keep: timedelta, step: int = STEP) -> int:
    """As above, for health records; transitions stay two years, since uptime is computed from them."""
    old = HealthRecord.objects.filter(at__lt=to_ms(now - keep), is_transition=False)
    ids = list(old.order_by("id").values_list("id", flat=True)[:step])
    ancient = HealthRecord.objects.filter(at__lt=to_ms(now - _TRANSITIONS_KEPT))
    ids += list(ancient.order_by("id").values_list("id", flat=True)[:step])
    return HealthRecord.objects.filter(id__in=ids).delete()[0]
