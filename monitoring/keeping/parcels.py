"""Samples on their way out of this database, or into it: a part of a series with everything that names it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from monitoring.keeping.blocks import block_of
from monitoring.keeping.frame import Frame
from monitoring.keeping.reading import apart
from monitoring.kinds import Kind
from monitoring.models import Resolution, Series
from monitoring.samples import Tags, sorted_tags


class NotOurs(ValueError):
    """The file is not what an export writes; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Label:
    """A series by name, not by an id, which is another one in each database."""

    metric: str
    tags: Tags
    kind: Kind
    unit: str = ""
    category: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Samples of one series in time order, of one resolution."""

    label: Label
    resolution: Resolution
    frame: Frame


_FIELDS = ("id", "metric__name", "tags", "metric__kind", "metric__unit", "metric__category", "metric__help")


def labels(metrics: Collection[str] | None = None) -> list[tuple[int, Label]]:
    """Every series with its id, or those of some metrics, by metric."""
    rows = Series.objects.order_by("metric__name", "id")
    if metrics is not None:
        rows = rows.filter(metric__name__in=metrics)
    return [
        (series_id, Label(name, sorted_tags(tags), Kind(kind), *rest))
        for series_id, name, tags, kind, *rest in rows.values_list(*_FIELDS)
    ]


def parcels(of: Sequence[tuple[int, Label]], start_ms: int, end_ms: int) -> Iterator[list[Parcel]]:
    """What is kept of these series from ``start_ms`` up to and with ``end_ms``, series by series.

    Hours come only where they know more than samples do, some of which are past their retention: others are made of
    the samples.
    """
    for series_id, label in of:
        both = apart(series_id, label.kind, start_ms, end_ms)
        yield [Parcel(label, one, frame) for one, frame in zip(Resolution, both, strict=True) if len(frame)]


def whole(of: Iterable[Parcel]) -> Iterator[Parcel]:
    """The same samples, cut between blocks only: a reader may cut where its buffer ends, between equal samples."""
    rest: Parcel | None = None
    for parcel in of:
        if rest is not None and (rest.label, rest.resolution) == (parcel.label, parcel.resolution):
            parcel = replace(parcel, frame=Frame.joined([rest.frame, parcel.frame]))
        elif rest is not None:
            yield rest
        last = block_of(int(parcel.frame.at[-1]), parcel.resolution)
        cut = int(np.searchsorted(parcel.frame.at, last))
        if cut:
            yield replace(parcel, frame=parcel.frame.part(slice(0, cut)))
        rest = replace(parcel, frame=parcel.frame.part(slice(cut, None)))
    if rest is not None:
        yield rest
