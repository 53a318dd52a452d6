"""What is kept and what it takes, and what sealing and retention will do next."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.cache import cache
from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import Length

from monitoring.clock import from_ms
from monitoring.keeping import forgetting, sealing
from monitoring.models import ChunkTimes, MetricChunk, MetricSnapshot, Resolution, Series

_SIZES: Final = "ahgd-monitoring-sizes-of-chunks"
_REST: Final = 100
"""Adding up the sizes reads every page of chunks; it rests for so many times as long as it took."""
_AT_ONCE: Final = 5_000
_NAMES = {Resolution.RAW: "samples as recorded", Resolution.HOURLY: "hours"}


@dataclass(frozen=True, slots=True)
class Size:
    """Chunks of one resolution; ``size_bytes`` is of their payloads, with the times that they share."""

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
    due = sealing.due(now)
    ready, unread = _waiting(due, sealing.bounds(now))
    return Outlook(
        rows["rows"],
        None if rows["oldest"] is None else from_ms(rows["oldest"]),
        _sizes(),
        len(due),
        ready,
        unread,
        Series.objects.filter(open_until__gt=now).count(),
        sum(old.count() for old in forgetting.past(now)),
    )


def _waiting(due: Sequence[int], within: sealing.Bounds) -> tuple[int, int]:
    """Rows of these series that are old enough: those that the next sealing takes, and those that it leaves."""
    ready = unread = 0
    for start in range(0, len(due), _AT_ONCE):
        old = MetricSnapshot.objects.filter(at__lt=within.before_ms, series__in=due[start : start + _AT_ONCE])
        is_read = Q(id__lte=within.last_id)
        counted = old.aggregate(ready=Count("id", filter=is_read), unread=Count("id", filter=~is_read))
        ready, unread = ready + counted["ready"], unread + counted["unread"]
    return ready, unread


def _sizes() -> tuple[Size, ...]:
    found = cache.get(_SIZES)
    if found is None:
        began = time.monotonic()
        found = [_added_up(resolution) for resolution in Resolution]
        cache.set(_SIZES, found, int(_REST * (time.monotonic() - began)))
    return tuple(
        Size(_NAMES[resolution], chunks, samples, size, None if oldest_ms is None else from_ms(oldest_ms))
        for resolution, (chunks, samples, size, oldest_ms) in zip(Resolution, found, strict=True)
    )


def _added_up(resolution: Resolution) -> list[int | None]:
    """Chunks, samples, bytes, and when the oldest begins."""
    found = MetricChunk.objects.filter(resolution=resolution).aggregate(
        chunks=Count("id"), samples=Sum("samples"), size=Sum(Length("payload")), oldest=Min("start")
    )
    shared = _size_of_times() if resolution == Resolution.RAW else 0  # no hours share any
    return [found["chunks"], found["samples"] or 0, (found["size"] or 0) + shared, found["oldest"]]


def _size_of_times() -> int:
    size: int | None = ChunkTimes.objects.aggregate(size=Sum(Length("payload") + Length("digest")))["size"]
    return size or 0
