"""Whether every chunk can be read and says what stands beside it, and whether its hours know it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np

from monitoring.keeping import chunks
from monitoring.keeping.blocks import BLOCK_MS, block_of
from monitoring.keeping.codecs import CodecMissing
from monitoring.keeping.frame import Frame
from monitoring.keeping.hours import counts_by_hour
from monitoring.models import MetricChunk, Resolution

_FIELDS = ("end", "samples", "count", "minimum", "maximum")
_ROUNDING = 1e-9
"""Of a sum, which differs in its last digits from one processor to another."""


class Fault(Enum):
    """What kind of damage it is."""

    UNREADABLE = "cannot be read"
    UNKNOWN = "cannot be checked"
    TIMES = "its times are wrong"
    COLUMNS = "what stands beside it is wrong"
    HOURS = "its hours are incomplete"


@dataclass(frozen=True, slots=True)
class Damage:
    """A chunk, and what is wrong with it, in words."""

    chunk_id: int
    series: str
    start_ms: int
    fault: Fault
    what: str

    @property
    def can_be_mended(self) -> bool:
        """What cannot be read is given up, hours are made of samples; for the rest somebody has to look."""
        return self.fault in (Fault.UNREADABLE, Fault.HOURS)


def verify() -> Iterator[Damage | None]:
    """Gives for each chunk what is wrong with it, or None."""
    ids = list(MetricChunk.objects.order_by("series", "resolution", "start").values_list("id", flat=True))
    for chunk_id in ids:
        chunk = MetricChunk.objects.select_related("series__metric", "times").filter(pk=chunk_id).first()
        wrong = None if chunk is None else _wrong(chunk)
        yield None if chunk is None or wrong is None else Damage(chunk.pk, str(chunk.series), chunk.start, *wrong)


def _wrong(chunk: MetricChunk) -> tuple[Fault, str] | None:
    try:
        frame = chunks.opened(chunk)
    except chunks.ChunkDamaged as error:
        return Fault.UNREADABLE, f"cannot be read: {error.__cause__}"
    except CodecMissing as error:
        return Fault.UNKNOWN, f"cannot be checked: {error}"
    checks = {Fault.TIMES: _wrong_times, Fault.COLUMNS: _wrong_columns, Fault.HOURS: _wrong_hours}
    return next(((fault, what) for fault, check in checks.items() if (what := check(chunk, frame))), None)


def _wrong_times(chunk: MetricChunk, frame: Frame) -> str:
    resolution = Resolution(chunk.resolution)
    if chunk.start != block_of(chunk.start, resolution):
        return "it begins where no block does"
    end = chunk.start + BLOCK_MS[resolution]
    if not len(frame) or frame.at[0] < chunk.start or frame.at[-1] >= end or (np.diff(frame.at) < 0).any():
        return "its times are not in order, or not of its block"
    return ""


def _wrong_columns(chunk: MetricChunk, frame: Frame) -> str:
    says = chunks.row_of(chunk.series_id, Resolution(chunk.resolution), frame)
    wrong = [name for name in _FIELDS if getattr(says, name) != getattr(chunk, name)]
    if says.total != chunk.total and not abs(says.total - chunk.total) <= _ROUNDING * np.abs(frame.totals).sum():
        wrong.append("total")
    return f"{', '.join(wrong)} beside it is not what it holds" if wrong else ""


def _wrong_hours(chunk: MetricChunk, frame: Frame) -> str:
    """Hours may know more than the samples, of which some may be gone, but no less."""
    if chunk.resolution != Resolution.RAW:
        return ""
    block = block_of(chunk.start, Resolution.HOURLY)
    stored = MetricChunk.objects.filter(series=chunk.series_id, resolution=Resolution.HOURLY, start=block).first()
    try:
        known = {} if stored is None else counts_by_hour(chunks.opened(stored))
    except (chunks.ChunkDamaged, CodecMissing):
        return ""  # which its own turn names
    missing = [hour for hour, count in counts_by_hour(frame).items() if known.get(hour, 0) < count]
    return f"{len(missing)} of its hours do not know all of it" if missing else ""
