"""What readers of rows have read, for those that take rows away; and what a reader missed, when nobody could wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Min, QuerySet
from django.db.models.functions import Greatest, Least

from monitoring.models import MetricSnapshot, ReadCursor, ReadGap

READERS_WAITED_FOR: Final = timedelta(hours=1)

Place = tuple[int, int]  # id, ms since the epoch


def read_to(now: datetime) -> int | None:
    """The id up to which every reader has read that moved in the last hour; None without any."""
    readers = _cursors().filter(moved_at__gt=now - READERS_WAITED_FOR)
    lowest: int | None = readers.aggregate(lowest=Min("position"))["lowest"]
    return lowest


def note_gaps(taken: Sequence[Place], now: datetime) -> None:
    """Call with the rows that are taken away, in the transaction that does. A reader that stands still has one gap."""
    highest = max((row_id for row_id, _ in taken), default=0)
    for cursor in _cursors().filter(position__lt=highest):
        missed = [at_ms for row_id, at_ms in taken if row_id > cursor.position]
        gap, _ = ReadGap.objects.get_or_create(
            reader=cursor.reader,
            position=cursor.position,
            defaults={"start": min(missed), "end": max(missed), "noted_at": now},
        )
        ReadGap.objects.filter(pk=gap.pk).update(
            rows=F("rows") + len(missed),
            start=Least("start", min(missed)),
            end=Greatest("end", max(missed)),
            noted_at=now,
        )


def _cursors() -> QuerySet[ReadCursor]:
    return ReadCursor.objects.filter(table=MetricSnapshot._meta.db_table)
