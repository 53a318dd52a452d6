"""Copies of everything, there and back, for the tests of exports and imports."""

from pathlib import Path

from monitoring.clock import from_ms
from monitoring.keeping import copies, sealing
from monitoring.keeping.parcels import Parcel, labels, parcels
from monitoring.kinds import Kind
from monitoring.models import Metric, MetricChunk, MetricSnapshot, Series
from monitoring.samples import Sample
from tests.monitoring.keeping.frames import (
    HOUR_MS,
    START_MS,
    gauges,
    key,
    same,
    timing,
    write,
)

EVER = -(10**14), 10**14


def export(path: Path, form: str) -> copies.Copied:
    return copies.export(path, form, *EVER, lambda done, of: None)


def take(path: Path, form: str) -> int:
    return copies.take_copy(path, form, lambda read, new: None)


def everything() -> list[Parcel]:
    return [parcel for found in parcels(labels(), *EVER) for parcel in found]


def seal() -> None:
    list(sealing.seal(from_ms(START_MS + 900 * HOUR_MS)))


def empty() -> None:
    MetricSnapshot.objects.all().delete()
    MetricChunk.objects.all().delete()
    Series.objects.all().delete()
    Metric.objects.all().delete()


def equal(one: list[Parcel], other: list[Parcel]) -> bool:
    return len(one) == len(other) and all(
        a.label == b.label and a.resolution == b.resolution and same(a.frame.plain(), b.frame.plain())
        for a, b in zip(one, other, strict=True)
    )


def some_of_each_kind() -> None:
    write(*gauges(key(ward="a b", **{"odd key": 'x"\\\n}'}), 0.1, -0.0, 1e300), *gauges(key(name="no name!"), 1))
    write(Sample(key(Kind.COUNTER, "events_total"), START_MS, 3), Sample(key(), START_MS + 5, 2, 3, 6.5, 1, 4))
    write(*(timing(key(Kind.TIMING, "t_seconds"), START_MS + n * HOUR_MS, 0.1, 2.5) for n in range(9)))
    MetricSnapshot.objects.filter(value=0.1).update(edited=True)
    Metric.objects.filter(name="beds").update(unit="beds", category="ward", help='Beds, "taken".\nOr not.')
