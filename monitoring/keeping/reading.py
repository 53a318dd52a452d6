"""Samples of series over any span: rows, chunks, and the hours where samples are not kept any more, without a seam.

A block whose samples are past their retention is answered by its hours. A coarse reader takes the hours of everything
that lies within whole ones: some thousand times fewer numbers, and the same counts, totals, extremes and sketches.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from monitoring.keeping.blocks import BLOCK_MS, HOUR_MS, block_of
from monitoring.keeping.frame import Frame, Integers
from monitoring.keeping.pieces import (
    AT,
    BEHIND,
    FEWEST,
    LAST,
    RESOLUTION,
    SERIES_ID,
    VALUE,
    Chosen,
    Row,
    pieces,
    unpacked,
)
from monitoring.models import Resolution
from monitoring.windows import TIMINGS, Columns

SHORTEST_OF_HOURS_MS: Final = 12 * HOUR_MS
"""Of a span whose figures are taken from hours; of a shorter one they are taken from every sample."""


@dataclass(slots=True)
class _Found:
    """What one series has in a span, its chunks still packed."""

    rows: list[Row] = field(default_factory=list)
    chunks: dict[Resolution, list[Row]] = field(default_factory=lambda: {resolution: [] for resolution in Resolution})


def fine(series: Chosen, start_ms: int, end_ms: int, columns: Columns = TIMINGS) -> dict[int, Frame]:
    """Samples from ``start_ms`` up to and with ``end_ms`` by the id of their series; those without any are left out.

    Raises Damaged, CodecMissing.
    """
    found = _read(series, start_ms, end_ms, columns, tuple(Resolution))
    blocks = range(block_of(start_ms, Resolution.RAW), end_ms + 1, BLOCK_MS[Resolution.RAW])
    return _whole(found, columns, start_ms, end_ms, blocks)


def coarse(series: Chosen, start_ms: int, end_ms: int, columns: Columns = TIMINGS) -> dict[int, Frame]:
    """As above, with hours instead of samples wherever an hour lies whole in the span and is sealed."""
    first, last = -(-start_ms // HOUR_MS) * HOUR_MS, (end_ms + 1) // HOUR_MS * HOUR_MS
    if last <= first:
        return fine(series, start_ms, end_ms, columns)
    hours = _read(series, first, last - 1, columns, (Resolution.HOURLY,))
    parts = [_whole(hours, columns, first, last - 1, None)]
    parts += [fine(series, a, b, columns) for a, b in ((start_ms, first - 1), (last, end_ms)) if a <= b]
    joined: defaultdict[int, list[Frame]] = defaultdict(list)
    for part in parts:
        for series_id, frame in part.items():
            joined[series_id].append(frame)
    return {series_id: Frame.joined(frames) for series_id, frames in joined.items()}


def apart(series: Chosen, start_ms: int, end_ms: int) -> tuple[dict[int, Frame], dict[int, Frame]]:
    """Samples as recorded, and the hours of blocks that have none of them any more; for copies."""
    found = _read(series, start_ms, end_ms, (*TIMINGS, "edited"), tuple(Resolution))
    samples = {series_id: _Found(own.rows, own.chunks | {Resolution.HOURLY: []}) for series_id, own in found.items()}
    hours = {}
    for series_id, own in found.items():
        blocks = [block_of(int(at), Resolution.RAW) for piece in own.chunks[Resolution.HOURLY] for at in _times(piece)]
        parts = _hours(own, TIMINGS, sorted(set(blocks))) if blocks else []
        if parts:
            hours[series_id] = Frame.joined(parts).between(start_ms, end_ms)
    return _whole(samples, (*TIMINGS, "edited"), start_ms, end_ms, None), hours


def _times(piece: Row) -> Integers:
    return unpacked(piece, FEWEST).at


def figures(series: Chosen, start_ms: int, end_ms: int, columns: Columns = TIMINGS) -> dict[int, Frame]:
    """What sums, extremes and quantiles of the whole span are computed from: fine or coarse, by its length."""
    read = coarse if end_ms - start_ms >= SHORTEST_OF_HOURS_MS else fine
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


def _whole(
    found: Mapping[int, _Found], columns: Columns, start_ms: int, end_ms: int, blocks: Iterable[int] | None
) -> dict[int, Frame]:
    """Each series' samples in one; with ``blocks``, those of the span, hours stand in for those without a chunk."""
    frames = {}
    for series_id, own in found.items():
        parts = [unpacked(piece, columns) for piece in own.chunks[Resolution.RAW]]
        parts += _hours(own, columns, blocks)
        parts = [part.between(start_ms, end_ms) for part in parts]
        frame = Frame.joined([*parts, Frame.of_rows(own.rows)])
        if len(frame):
            frames[series_id] = frame
    return frames


def _hours(own: _Found, columns: Columns, blocks: Iterable[int] | None) -> list[Frame]:
    hours = own.chunks[Resolution.HOURLY]
    if blocks is None:
        return [unpacked(piece, columns) for piece in hours]
    present = {piece[AT] for piece in own.chunks[Resolution.RAW]}
    missing = [block for block in blocks if block not in present]
    if not missing:
        return []
    found = [unpacked(piece, columns) for piece in hours if piece[LAST] >= missing[0]]
    return [frame.only(np.isin(frame.at - frame.at % BLOCK_MS[Resolution.RAW], missing)) for frame in found]
