"""Samples of series over any span: rows, chunks, and the hours where samples are not kept any more, without a seam.

An hour stands in where it knows more than the samples that are left of it: those are past their retention. A coarse
reader takes the hours of everything that lies within whole ones: some thousand times fewer numbers, and the same
counts, totals, extremes and sketches.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from monitoring.keeping.blocks import HOUR_MS
from monitoring.keeping.frame import EMPTY, Flags, Frame
from monitoring.keeping.hours import by_hour
from monitoring.keeping.limits import is_more_for_figures, refuse_too_many
from monitoring.keeping.pieces import (
    BEHIND,
    RESOLUTION,
    SERIES_ID,
    VALUE,
    Chosen,
    Row,
    Unpack,
    pieces,
    readable,
    unpacked,
)
from monitoring.kinds import Kind
from monitoring.models import Resolution
from monitoring.windows import SUMMARIES, TIMINGS, Columns

SHORTEST_OF_HOURS_MS: Final = 12 * HOUR_MS
"""Of a span whose figures are taken from hours; of a shorter one they are taken from every sample."""
_SIDES: Final[tuple[Literal["left", "right"], ...]] = ("left", "right")


@dataclass(slots=True)
class _Found:
    """What one series has in a span, its chunks still packed."""

    rows: list[Row] = field(default_factory=list)
    chunks: dict[Resolution, list[Row]] = field(default_factory=lambda: {resolution: [] for resolution in Resolution})


def fine(series: Chosen, start_ms: int, end_ms: int, columns: Columns = TIMINGS) -> dict[int, Frame]:
    """Samples from ``start_ms`` up to and with ``end_ms`` by the id of their series; those without any are left out.

    A chunk that cannot be read is a gap. Raises WindowTooLarge.
    """
    refuse_too_many(series, start_ms, end_ms, Resolution.RAW, columns)
    columns = max(columns, SUMMARIES, key=len)  # by its counts an hour is compared with its samples
    found = _read(series, start_ms, end_ms, columns, tuple(Resolution))
    return _whole(found, columns, start_ms, end_ms)


def coarse(series: Chosen, start_ms: int, end_ms: int, columns: Columns = TIMINGS) -> dict[int, Frame]:
    """As above, with hours instead of samples wherever an hour lies whole in the span and is sealed."""
    first, last = -(-start_ms // HOUR_MS) * HOUR_MS, (end_ms + 1) // HOUR_MS * HOUR_MS
    if last <= first:
        return fine(series, start_ms, end_ms, columns)
    refuse_too_many(series, first, last - 1, Resolution.HOURLY, columns)
    hours = _read(series, first, last - 1, columns, (Resolution.HOURLY,))
    parts = [_whole(hours, columns, first, last - 1)]
    parts += [fine(series, a, b, columns) for a, b in ((start_ms, first - 1), (last, end_ms)) if a <= b]
    joined: defaultdict[int, list[Frame]] = defaultdict(list)
    for part in parts:
        for series_id, frame in part.items():
            joined[series_id].append(frame)
    return {series_id: Frame.joined(frames) for series_id, frames in joined.items()}


def apart(series_id: int, kind: Kind, start_ms: int, end_ms: int) -> tuple[Frame, Frame]:
    """Samples as recorded, and the hours that know more than they do; for copies.

    Samples that are not sealed yet are added to those hours, to which sealing would add them. Raises Damaged,
    CodecMissing.
    """
    columns = (*TIMINGS, "edited")
    found = _read((series_id,), start_ms, end_ms, columns, tuple(Resolution)).get(series_id, _Found())
    rows, packed = Frame.of_rows(found.rows), _unpacked(found, Resolution.RAW, columns, unpacked)
    hours = _unpacked(found, Resolution.HOURLY, TIMINGS, unpacked).between(start_ms, end_ms)
    more = hours.only(_knows_more(hours, packed))
    fresh = rows.only(np.isin(rows.at // HOUR_MS, more.at // HOUR_MS))
    samples = Frame.joined([packed.between(start_ms, end_ms), rows])
    return samples, by_hour(Frame.joined([more, fresh]), kind) if len(fresh) else more


def figures(series: Chosen, start_ms: int, end_ms: int, columns: Columns = TIMINGS) -> dict[int, Frame]:
    """What sums, extremes and quantiles of the whole span are computed from: hours where it is long, or holds much."""
    is_long = end_ms - start_ms >= SHORTEST_OF_HOURS_MS
    read = coarse if is_long or is_more_for_figures(series, start_ms, end_ms, columns) else fine
    return read(series, start_ms, end_ms, columns)


def _read(
    series: Chosen, start_ms: int, end_ms: int, columns: Columns, resolutions: tuple[Resolution, ...]
) -> Mapping[int, _Found]:
    found: defaultdict[int, _Found] = defaultdict(_Found)
    for batch in pieces(series, columns, start_ms - 1, end_ms, resolutions):
        for piece in batch:
            own = found[piece[SERIES_ID]]
            if piece[VALUE] is None:
                own.chunks[piece[RESOLUTION]].append(piece)
            else:
                own.rows.append(piece[:BEHIND])
    return found


def _whole(found: Mapping[int, _Found], columns: Columns, start_ms: int, end_ms: int) -> dict[int, Frame]:
    """Each series' samples in one, and the hours that know more than they do."""
    frames = {}
    for series_id, own in found.items():
        samples = _unpacked(own, Resolution.RAW, columns, readable)
        hours = _unpacked(own, Resolution.HOURLY, columns, readable).between(start_ms, end_ms)
        sealed = _completed(samples, hours) if len(hours) else [samples]
        parts = [part.between(start_ms, end_ms) for part in sealed]
        frame = Frame.joined([*parts, Frame.of_rows(own.rows)] if own.rows else parts)
        if len(frame):
            frames[series_id] = frame
    return frames


def _unpacked(own: _Found, resolution: Resolution, columns: Columns, unpack: Unpack) -> Frame:
    return Frame.joined([unpack(piece, columns) for piece in own.chunks[resolution]] or [EMPTY])


def _completed(samples: Frame, hours: Frame) -> list[Frame]:
    """Whatever is sealed is in its hour, so that an hour that counts more stands for all of its samples."""
    is_more = _knows_more(hours, samples)
    if not is_more.any():
        return [samples]
    return [samples.only(~np.isin(samples.at // HOUR_MS, hours.at[is_more] // HOUR_MS)), hours.only(is_more)]


def _knows_more(hours: Frame, samples: Frame) -> Flags:
    """Which hours count more than the samples in them do."""
    counted = np.concatenate(([0], np.cumsum(samples.counts)))
    of_samples, of_hours = samples.at // HOUR_MS, hours.at // HOUR_MS
    first, last = (np.searchsorted(of_samples, of_hours, side) for side in _SIDES)
    flags: Flags = hours.counts > counted[last] - counted[first]
    return flags
