"""Opening a chunk again: its samples are rows that people can correct, until the time is over and they are sealed."""

from datetime import datetime

import numpy as np
from django.db import connection

from monitoring.keeping import chunks
from monitoring.keeping.blocks import BLOCK_MS, HOUR_MS, block_of
from monitoring.keeping.frame import EDITED, Frame
from monitoring.keeping.hours import by_hour
from monitoring.kinds import Kind
from monitoring.models import MetricChunk, MetricSnapshot, Resolution, Series
from monitoring.visibility import announce_write
from monitoring.windows import AT, COUNT, MAXIMUM, MINIMUM, SKETCH, TIMINGS, TOTAL, VALUE, Row


class NotReopened(ValueError):
    """The chunk cannot be opened; the message says why."""


def reopen(chunk_id: int, until: datetime) -> int:
    """Puts the samples of a chunk back into rows that nothing seals before ``until``; gives their number.

    What they come to is taken out of their hours, to which they are added when they are sealed again. Raises
    NotReopened, ChunkDamaged.
    """
    with chunks.alone():
        chunk = MetricChunk.objects.filter(pk=chunk_id, resolution=Resolution.RAW).first()
        if chunk is None:
            raise NotReopened("It is not there any more, or holds hours: only samples can be corrected.")
        frame = chunks.opened(chunk)
        _take_hours_back(chunk, frame)
        Series.objects.filter(pk=chunk.series_id).update(open_until=until)
        with connection.cursor() as cursor:
            announce_write(cursor)
        rows = [_snapshot(row) for row in rows_of(frame, chunk.series_id)]
        MetricSnapshot.objects.bulk_create(rows, batch_size=500)
        chunk.delete()
    return len(frame)


def rows_of(frame: Frame, series_id: int) -> list[Row]:
    """As ``windows.TIMINGS`` has them, with whether each was edited behind."""
    edited = frame.filled("edited").tolist()
    return [(*row, flag) for row, flag in zip(frame.rows(series_id, TIMINGS), edited, strict=True)]


def _snapshot(row: Row) -> MetricSnapshot:
    return MetricSnapshot(
        series_id=row[0],
        at=row[AT],
        value=row[VALUE],
        count=row[COUNT],
        total=row[TOTAL],
        minimum=row[MINIMUM],
        maximum=row[MAXIMUM],
        sketch=row[SKETCH],
        edited=row[EDITED],
    )


def _take_hours_back(chunk: MetricChunk, frame: Frame) -> None:
    """Extremes cannot be subtracted, so the hours go whole; they may hold nothing but what the chunk does."""
    start, end = chunk.start, chunk.start + BLOCK_MS[Resolution.RAW]
    block = block_of(start, Resolution.HOURLY)
    stored = MetricChunk.objects.filter(series=chunk.series_id, resolution=Resolution.HOURLY, start=block).first()
    if stored is None:
        return
    hours = chunks.opened(stored)
    own = by_hour(frame, Kind(Series.objects.values_list("metric__kind", flat=True).get(pk=chunk.series_id)))
    is_own = (hours.at >= start) & (hours.at < end)
    of_block = hours.only(is_own)
    if not (np.array_equal(of_block.at // HOUR_MS, own.at // HOUR_MS) and np.array_equal(of_block.counts, own.counts)):
        raise NotReopened("Its hours hold more than its samples, some of which are past their retention.")
    rest = hours.only(~is_own)
    if len(rest):
        chunks.save([chunks.row_of(chunk.series_id, Resolution.HOURLY, rest)])
    else:
        stored.delete()
