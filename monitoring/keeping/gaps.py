"""What readers of rows have read, for those that take rows away; and what a reader missed, when nobody could wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Min, QuerySet
from django.db.models.functions import Greatest, Least

from monitoring.clock import to_ms
from monitoring.models import MetricSnapshot, ReadCursor, ReadGap

READERS_WAITED_FOR: Final = timedelta(hours=1)
_EVERY_ID: Final = 2**63 - 1

Place = tuple[int, int]  # id, ms since the epoch


def sealable_to(now: datetime, before: datetime) -> int:
    """The id up to which rows may be sealed that are older than ``before``: every reader that moved in the last hour
    has read them, or they have waited for it for an hour since then.

    Ids follow each other as samples come in, not by their times: one that comes late waits for its readers, too.
    """
    readers = _cursors().filter(moved_at__gt=now - READERS_WAITED_FOR)
    lowest: int | None = readers.aggregate(lowest=Min("position"))["lowest"]
    if lowest is None:
        return _EVERY_ID
    recent = MetricSnapshot.objects.filter(at__gte=to_ms(before - READERS_WAITED_FOR), at__lte=to_ms(now))
    first = recent.order_by("id").values_list("id", flat=True).first()
    return _EVERY_ID if first is None else max(lowest, first - 1)


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
