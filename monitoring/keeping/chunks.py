"""Writing chunks: samples are joined with what their blocks hold already, and the hours with them.

So a chunk and its hours say the same at any moment, and however late a sample is, it finds its place. Everything here
is called inside a transaction that ``alone`` began.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Q

from monitoring.keeping.blocks import BLOCK_MS, block_of
from monitoring.keeping.columns import Damaged
from monitoring.keeping.frame import Frame
from monitoring.keeping.hours import by_hour
from monitoring.keeping.kinds import sums
from monitoring.keeping.packing import WITH_TIMES, WITHOUT_TIMES, pack, unpack
from monitoring.keeping.rounds import shared
from monitoring.kinds import Kind
from monitoring.locks import CHUNKS
from monitoring.models import ChunkTimes, MetricChunk, Resolution, Series

_Key = tuple[int, int]  # series, block
_FIRST = np.zeros(1, np.int64)
_UPDATED = ("end", "samples", "count", "minimum", "maximum", "total", "payload", "times")


class ChunkDamaged(ValueError):
    """A chunk that had to be read cannot be; the message names it."""


@contextmanager
def alone() -> Iterator[None]:
    """A transaction in which nobody else writes chunks; readers wait for nothing."""
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite's writers are alone anyway
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHUNKS])
        yield


def add(frames: Mapping[int, Frame], of_hours: Mapping[int, Frame] | None = None) -> int:
    """Adds samples by their series' id; gives the number of chunks that were written. Raises ChunkDamaged.

    ``of_hours`` are those of them that their hours do not know yet: by default, all.
    """
    kinds = dict(Series.objects.filter(id__in=frames).values_list("id", "metric__kind"))
    counted = frames if of_hours is None else of_hours
    hours = {series_id: by_hour(frame, Kind(kinds[series_id])) for series_id, frame in counted.items()}
    return _merge(frames, Resolution.RAW, kinds) + _merge(hours, Resolution.HOURLY, kinds)


def row_of(series_id: int, resolution: Resolution, frame: Frame, times: ChunkTimes | None = None) -> MetricChunk:
    """A chunk of these samples, which are of one block; not saved. ``times`` are its own, where others share them."""
    return MetricChunk(
        series_id=series_id,
        resolution=resolution,
        start=block_of(int(frame.at[0]), resolution),
        end=int(frame.at[-1]),
        samples=len(frame),
        count=int(frame.counts.sum()),
        minimum=float(frame.minima.min()),
        maximum=float(frame.maxima.max()),
        total=float(sums(frame.totals, _FIRST)[0]),
        payload=pack(frame, version=WITH_TIMES if times is None else WITHOUT_TIMES),
        times=times,
    )


def opened(chunk: MetricChunk) -> Frame:
    """Its samples. Raises ChunkDamaged, CodecMissing."""
    try:
        return unpack(chunk.payload, times=None if chunk.times is None else chunk.times.payload)
    except Damaged as error:
        raise ChunkDamaged(f"chunk {chunk.pk} of series {chunk.series_id} from {chunk.start}: {error}") from error


def by_block(frame: Frame, resolution: Resolution) -> Iterator[tuple[int, Frame]]:
    """The samples of each block with where it begins."""
    while len(frame):
        block = block_of(int(frame.at[0]), resolution)
        end = int(np.searchsorted(frame.at, block + BLOCK_MS[resolution]))
        yield block, frame.part(slice(0, end))
        frame = frame.part(slice(end, None))


def save(chunks: list[MetricChunk]) -> None:
    """Writes chunks, over what their blocks hold."""
    MetricChunk.objects.bulk_create(
        chunks,
        batch_size=100,
        update_conflicts=True,
        unique_fields=("series", "resolution", "start"),
        update_fields=_UPDATED,
    )


def _merge(frames: Mapping[int, Frame], resolution: Resolution, kinds: Mapping[int, Any]) -> int:
    parts = {
        (series_id, block): part for series_id, frame in frames.items() for block, part in by_block(frame, resolution)
    }
    for key, chunk in _stored(parts, resolution):
        joined = Frame.joined((opened(chunk), parts[key]))
        parts[key] = by_hour(joined, Kind(kinds[key[0]])) if resolution == Resolution.HOURLY else joined
    times = shared(parts) if resolution == Resolution.RAW else {}
    save([row_of(key[0], resolution, part, times.get(key)) for key, part in sorted(parts.items(), key=_key)])
    return len(parts)


def _stored(keys: Mapping[_Key, Any], resolution: Resolution) -> Iterator[tuple[_Key, MetricChunk]]:
    """Of few series and blocks, as sealing has them, so that one query asks for all; a late sample's lies far back."""
    among = Q(series__in={key[0] for key in keys}, start__in={key[1] for key in keys})
    for chunk in MetricChunk.objects.filter(among, resolution=resolution).select_related("times"):
        key = chunk.series_id, chunk.start
        if key in keys:
            yield key, chunk


def _key(part: tuple[_Key, Frame]) -> _Key:
    return part[0]
