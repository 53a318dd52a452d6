"""What is kept and what it takes, and what sealing and retention will do next."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import Length

from monitoring.clock import from_ms
from monitoring.keeping import forgetting, sealing
from monitoring.models import MetricChunk, MetricSnapshot, Resolution, Series

_NAMES = {Resolution.RAW: "samples as recorded", Resolution.HOURLY: "hours"}


@dataclass(frozen=True, slots=True)
class Size:
    """Chunks of one resolution; ``size_bytes`` is of their payloads."""

    name: str
    chunks: int
    samples: int
    size_bytes: int
    oldest_at: datetime | None

    @property
    def bytes_a_sample(self) -> float | None:
        return self.size_bytes / self.samples if self.samples else None


@dataclass(frozen=True, slots=True)
class Outlook:
    """``ready`` are rows that the next sealing takes, of ``due`` series; ``unread`` those that wait for a reader."""

    rows: int
    oldest_row_at: datetime | None
    sizes: tuple[Size, ...]
    due: int
    ready: int
    unread: int
    opened: int
    past: int
    """Chunks that the next retention deletes."""


def outlook(now: datetime) -> Outlook:
    rows = MetricSnapshot.objects.aggregate(rows=Count("id"), oldest=Min("at"))
    within = sealing.bounds(now)
    due = sealing.due(now)
    old = MetricSnapshot.objects.filter(at__lt=within.before_ms, series__in=due)
    readable = Q(id__lte=within.read_to) | Q(at__lt=within.behind_ms)
    counted = old.aggregate(ready=Count("id", filter=readable), unread=Count("id", filter=~readable))
    past = sum(forgetting.past(one, each, now).count() for one in forgetting.kept() for each in Resolution)
    return Outlook(
        rows["rows"],
        None if rows["oldest"] is None else from_ms(rows["oldest"]),
        tuple(_size(resolution) for resolution in Resolution),
        len(due),
        counted["ready"],
        counted["unread"],
        Series.objects.filter(open_until__gt=now).count(),
        past,
    )


def _size(resolution: Resolution) -> Size:
    found = MetricChunk.objects.filter(resolution=resolution).aggregate(
        chunks=Count("id"), samples=Sum("samples"), size=Sum(Length("payload")), oldest=Min("start")
    )
    oldest = None if found["oldest"] is None else from_ms(found["oldest"])
    return Size(_NAMES[resolution], found["chunks"], found["samples"] or 0, found["size"] or 0, oldest)
