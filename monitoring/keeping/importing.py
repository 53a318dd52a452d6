"""Taking samples in from a copy, block by block: what is there already is not added again.

Each block is one transaction, so an import that was killed is simply run again: it adds what is missing.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from django.db.models import Q

from monitoring.keeping import chunks
from monitoring.keeping.blocks import HOUR_MS, block_of
from monitoring.keeping.checking import check
from monitoring.keeping.frame import EDITED, EMPTY, Flags, Frame
from monitoring.keeping.hours import counts_by_hour
from monitoring.keeping.parcels import Label, Parcel
from monitoring.keeping.reopening import rows_of
from monitoring.models import Metric, MetricChunk, MetricSnapshot, Resolution, Series
from monitoring.samples import fingerprint
from monitoring.windows import AT, SKETCH, TIMINGS, Row

Counted = TypeVar("Counted")


class OtherKind(ValueError):
    """The metric is here already, and is of another kind; the message names both."""


def take_in(parcel: Parcel) -> int:
    """Gives the number of samples that were not here yet. Of equal ones a block has to come at once (``whole``).

    Raises NotOurs, OtherKind, ChunkDamaged.
    """
    check(parcel)
    series_id = _series_of(parcel.label)
    add = _add_samples if parcel.resolution == Resolution.RAW else _add_hours
    added = 0
    for block, part in chunks.by_block(parcel.frame, parcel.resolution):
        with chunks.alone():
            added += add(series_id, block, part)
    return added


def _series_of(label: Label) -> int:
    """The series of this name and tags, made where it is missing."""
    known = {"kind": label.kind, "unit": label.unit, "category": label.category, "help": label.help}
    metric, _ = Metric.objects.get_or_create(name=label.metric, defaults=known)
    if metric.kind != label.kind:
        raise OtherKind(f"{label.metric} is a {metric.kind} here and a {label.kind.value} in the copy")
    text = fingerprint(label.metric, label.tags)
    row, _ = Series.objects.get_or_create(fingerprint=text, defaults={"metric": metric, "tags": dict(label.tags)})
    return row.pk


def _add_samples(series_id: int, block: int, part: Frame) -> int:
    stored = _stored(series_id, Resolution.RAW, block)
    new = _missing(part, series_id, [*rows_of(stored, series_id), *_rows(series_id, part)])
    if len(new):
        chunks.add({series_id: new}, {series_id: new.only(~_counted_already(new, stored, series_id))})
        _note_latest(series_id, new)
    return len(new)


def _counted_already(new: Frame, stored: Frame, series_id: int) -> Flags:
    """Which samples are in hours that know more than the samples here: they were past their retention once."""
    hours = _stored(series_id, Resolution.HOURLY, block_of(int(new.at[0]), Resolution.HOURLY))
    samples = counts_by_hour(stored)
    more = [hour for hour, count in counts_by_hour(hours).items() if count > samples.get(hour, 0)]
    return np.isin(new.at // HOUR_MS, more)


def _add_hours(series_id: int, block: int, part: Frame) -> int:
    """Hours that are here stay as they are, unless the copy's count more than them and what is not sealed yet: they
    knew those of the copy's samples that are past their retention.
    """
    stored = _stored(series_id, Resolution.HOURLY, block)
    known = Counter(counts_by_hour(stored)) + Counter(_counts_of_rows(series_id, part))
    new = part.only(np.array([count > known[hour] for hour, count in counts_by_hour(part).items()], bool))
    if len(new):
        rest = stored.only(~np.isin(stored.at // HOUR_MS, new.at // HOUR_MS))
        chunks.save([chunks.row_of(series_id, Resolution.HOURLY, Frame.joined([rest, new]))])
    return len(new)


def _stored(series_id: int, resolution: Resolution, block: int) -> Frame:
    chunk = MetricChunk.objects.filter(series=series_id, resolution=resolution, start=block).first()
    return EMPTY if chunk is None else chunks.opened(chunk)


def _rows(series_id: int, part: Frame) -> list[Row]:
    """Of the same time, not sealed yet."""
    within = (int(part.at[0]), int(part.at[-1]))
    rows = MetricSnapshot.objects.filter(series=series_id, at__range=within).values_list(*TIMINGS, "edited")
    return [_comparable(row) for row in rows]


def _counts_of_rows(series_id: int, part: Frame) -> dict[int, int]:
    hours = part.at // HOUR_MS
    within = (int(hours[0]) * HOUR_MS, int(hours[-1] + 1) * HOUR_MS - 1)
    rows = MetricSnapshot.objects.filter(series=series_id, at__range=within).values_list(*TIMINGS)
    return counts_by_hour(Frame.of_rows(list(rows)))


def _missing(part: Frame, series_id: int, present: Iterable[Row]) -> Frame:
    """Samples that are here in smaller number than in the copy.

    One that was edited, here or there, stands for another one of its time: what is here stays, and is not doubled.
    0.0 and -0.0 are the same, since SQLite's rows do not tell them apart.
    """
    rows, here = rows_of(part, series_id), Counter(present)
    is_new = [not _took(here, row) for row in rows]
    left = {flag: Counter(row[AT] for row in here.elements() if row[EDITED] == flag) for flag in (True, False)}
    for place, row in enumerate(rows):
        if is_new[place]:
            instead = (True, False) if row[EDITED] else (True,)
            is_new[place] = not any(_took(left[flag], row[AT]) for flag in instead)
    return part.only(np.array(is_new, bool))


def _took(of: Counter[Counted], one: Counted) -> bool:
    """Takes one away, where there is one."""
    if of[one] <= 0:
        return False
    of[one] -= 1
    return True


def _comparable(row: Row) -> Row:
    sketch = row[SKETCH]
    return (*row[:SKETCH], None if sketch is None else bytes(sketch), *row[SKETCH + 1 :])


def _note_latest(series_id: int, new: Frame) -> None:
    """Where the copy is newer; sums since the beginning, as /metrics has them, stay what was recorded here."""
    older = Series.objects.filter(Q(last_at=None) | Q(last_at__lt=int(new.at[-1])), pk=series_id)
    older.update(last_at=int(new.at[-1]), last_value=float(new.value[-1]))
