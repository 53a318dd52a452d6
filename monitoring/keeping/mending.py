"""Mending what ``verify`` found: what cannot be read is given up, and hours are made of their samples again."""

from collections.abc import Iterator

import numpy as np

from monitoring.keeping import chunks
from monitoring.keeping.blocks import BLOCK_MS, HOUR_MS, block_of
from monitoring.keeping.codecs import CodecMissing
from monitoring.keeping.frame import EMPTY, Frame
from monitoring.keeping.hours import by_hour, counts_by_hour
from monitoring.keeping.verifying import Damage, Fault
from monitoring.kinds import Kind
from monitoring.models import MetricChunk, Resolution


def mend(damage: Damage) -> None:
    """Afterwards its series can be sealed again, and its hours know every sample that is there."""
    with chunks.alone():
        chunk = MetricChunk.objects.select_related("series__metric").filter(pk=damage.chunk_id).first()
        if chunk is None:
            return
        if damage.fault == Fault.UNREADABLE:
            chunk.delete()
        if damage.fault == Fault.HOURS or chunk.resolution == Resolution.HOURLY:
            _make_hours(chunk.series_id, Kind(chunk.series.metric.kind), block_of(chunk.start, Resolution.HOURLY))


def _make_hours(series_id: int, kind: Kind, block: int) -> None:
    """Those that know more than the samples stay as they are: some of these may be past their retention."""
    stored = Frame.joined([EMPTY, *_opened(series_id, Resolution.HOURLY, block)])
    samples = Frame.joined([EMPTY, *_opened(series_id, Resolution.RAW, block)])
    counts = counts_by_hour(samples)
    knows_all = [count >= counts.get(hour, 0) for hour, count in counts_by_hour(stored).items()]
    rest = stored.only(np.array(knows_all, bool))
    made = by_hour(samples, kind)
    found = Frame.joined([rest, made.only(~np.isin(made.at // HOUR_MS, rest.at // HOUR_MS))])
    if len(found):
        chunks.save([chunks.row_of(series_id, Resolution.HOURLY, found)])


def _opened(series_id: int, resolution: Resolution, block: int) -> Iterator[Frame]:
    """What can be read in this block of hours."""
    within = (block, block + BLOCK_MS[Resolution.HOURLY] - 1)
    for chunk in MetricChunk.objects.filter(series=series_id, resolution=resolution, start__range=within):
        try:
            yield chunks.opened(chunk)
        except (chunks.ChunkDamaged, CodecMissing):
            continue  # which ``verify`` names by itself
