"""Whether every chunk can be read and says what stands beside it, and whether its hours know it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from monitoring.keeping import chunks
from monitoring.keeping.blocks import BLOCK_MS, HOUR_MS, block_of
from monitoring.keeping.codecs import CodecMissing
from monitoring.keeping.frame import Frame
from monitoring.models import MetricChunk, Resolution

_FIELDS = ("end", "samples", "count", "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class Damage:
    """A chunk, and what is wrong with it."""

    chunk_id: int
    series: str
    start_ms: int
    what: str

    @property
    def is_unreadable(self) -> bool:
        return self.what.startswith(_UNREADABLE)


_UNREADABLE = "cannot be read"


def verify() -> Iterator[Damage | None]:
    """Gives for each chunk what is wrong with it, or None."""
    ids = list(MetricChunk.objects.order_by("series", "resolution", "start").values_list("id", flat=True))
    for chunk_id in ids:
        chunk = MetricChunk.objects.select_related("series__metric").filter(pk=chunk_id).first()
        what = "" if chunk is None else _wrong(chunk)
        yield Damage(chunk.pk, str(chunk.series), chunk.start, what) if chunk is not None and what else None


def delete(damage: Damage) -> None:
    """What cannot be read is given up, so that its series can be sealed again."""
    with chunks.alone():
        MetricChunk.objects.filter(pk=damage.chunk_id).delete()


def _wrong(chunk: MetricChunk) -> str:
    try:
        frame = chunks.opened(chunk)
    except chunks.ChunkDamaged as error:
        return f"{_UNREADABLE}: {error.__cause__}"
    except CodecMissing as error:
        return f"cannot be checked: {error}"
    return _wrong_times(chunk, frame) or _wrong_columns(chunk, frame) or _wrong_hours(chunk, frame)


def _wrong_times(chunk: MetricChunk, frame: Frame) -> str:
    end = chunk.start + BLOCK_MS[Resolution(chunk.resolution)]
    if not len(frame) or frame.at[0] < chunk.start or frame.at[-1] >= end or (np.diff(frame.at) < 0).any():
        return "its times are not in order, or not of its block"
    return ""


def _wrong_columns(chunk: MetricChunk, frame: Frame) -> str:
    says = chunks.row_of(chunk.series_id, Resolution(chunk.resolution), frame)
    wrong = [name for name in _FIELDS if getattr(says, name) != getattr(chunk, name)]
    return f"{', '.join(wrong)} beside it is not what it holds" if wrong else ""


def _wrong_hours(chunk: MetricChunk, frame: Frame) -> str:
    """Hours may know more than the samples, of which some may be gone, but no less."""
    if chunk.resolution != Resolution.RAW:
        return ""
    block = block_of(chunk.start, Resolution.HOURLY)
    stored = MetricChunk.objects.filter(series=chunk.series_id, resolution=Resolution.HOURLY, start=block).first()
    try:
        hours = None if stored is None else chunks.opened(stored)
    except (chunks.ChunkDamaged, CodecMissing):
        return ""  # which its own turn names
    known = {} if hours is None else dict(zip((hours.at // HOUR_MS).tolist(), hours.counts.tolist(), strict=True))
    numbers, begins = np.unique(frame.at // HOUR_MS, return_index=True)
    counts = np.add.reduceat(frame.counts, begins).tolist()
    missing = [hour for hour, count in zip(numbers.tolist(), counts, strict=True) if known.get(hour, 0) < count]
    return f"{len(missing)} of its hours do not know all of it" if missing else ""
