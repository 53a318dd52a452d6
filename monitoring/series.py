"""The only read door to metrics: latest values, ranges, figures of a span, and what is new since a reader last looked.

Rows, chunks and hours are one to whoever asks here (``monitoring/keeping/``).
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import Count, Max

from monitoring import catalogue
from monitoring.clock import from_ms as from_ms
from monitoring.clock import to_ms as to_ms
from monitoring.cursors import CursorMoved as CursorMoved
from monitoring.cursors import Span, advance, span
from monitoring.keeping.holding import Needed as Needed
from monitoring.keeping.holding import hold as hold
from monitoring.keeping.pieces import last_times
from monitoring.kinds import Kind as Kind
from monitoring.models import Metric, MetricSnapshot, Series
from monitoring.samples import fingerprint, sorted_tags
from monitoring.sketch import Sketch
from monitoring.visibility import HighWaterUnknown as HighWaterUnknown
from monitoring.windows import AT as AT
from monitoring.windows import COUNT as COUNT
from monitoring.windows import MAXIMUM as MAXIMUM
from monitoring.windows import MINIMUM as MINIMUM
from monitoring.windows import SUMMARIES as SUMMARIES
from monitoring.windows import TIMINGS as TIMINGS
from monitoring.windows import TOTAL as TOTAL
from monitoring.windows import VALUE as VALUE
from monitoring.windows import VALUES as VALUES
from monitoring.windows import Columns as Columns
from monitoring.windows import Row as Row
from monitoring.windows import Stretch as Stretch
from monitoring.windows import WindowTooLarge as WindowTooLarge
from monitoring.windows import stretches as stretches
from monitoring.windows import tags_of
from monitoring.windows import too_large as too_large

if TYPE_CHECKING:
    from monitoring.keeping.answers import About as About
    from monitoring.keeping.answers import Answer as Answer
    from monitoring.keeping.answers import Comparison as Comparison
    from monitoring.keeping.answers import Unanswerable as Unanswerable
    from monitoring.keeping.answers import UnknownFunction as UnknownFunction
    from monitoring.keeping.answers import table as table
    from monitoring.keeping.buckets import Range as Range
    from monitoring.keeping.figures import compare as compare
    from monitoring.keeping.figures import top as top
    from monitoring.keeping.figures import window as window
    from monitoring.keeping.finding import search as search
    from monitoring.keeping.ranges import quantile_ranges as quantile_ranges
    from monitoring.keeping.ranges import range_of as range_of
    from monitoring.keeping.ranges import ranges as ranges

_WITH_NUMPY = {
    "answers": ("About", "Answer", "Comparison", "Unanswerable", "UnknownFunction", "table"),
    "buckets": ("Range",),
    "figures": ("compare", "top", "window"),
    "finding": ("search",),
    "ranges": ("quantile_ranges", "range_of", "ranges"),
}
_MODULE_OF = {name: module for module, names in _WITH_NUMPY.items() for name in names}


def __getattr__(name: str) -> Any:
    """What needs NumPy is loaded when it is used: the library in a watched application does without."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"monitoring.keeping.{_MODULE_OF[name]}"), name)


class Latest(NamedTuple):
    """The newest value of a series; ``at_ms`` is milliseconds since the epoch. A tuple, as there may be thousands."""

    series_id: int
    metric: str
    tags: Mapping[str, str]
    value: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class Points:
    """A series over a range: ``at_ms`` and ``values`` have the same length, in time order."""

    series_id: int
    tags: dict[str, str]
    at_ms: list[int]
    values: list[float]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a sample is of: a series by name, category and tags."""

    series_id: int
    name: str
    category: str
    tags: dict[str, str]
    fingerprint: str


# In SQL, since composing it costs as much as a hundred series; a metric without a value is not newer than any time.
_LATEST = """
    SELECT series.id, series.tags, series.last_value, series.last_at
    FROM ahgd_monitoring_series AS series
    JOIN ahgd_monitoring_metric AS metric ON metric.id = series.metric_id
    WHERE metric.name = %s AND series.last_at >= %s AND series.last_value IS NOT NULL
    ORDER BY series.id
"""

# A snapshot that a reader has not read before: its series' id, ms since the epoch, value. A plain tuple, as the
# database gives it, since a cycle may read tens of thousands.
Fresh = tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class Quiet:
    """A series since it was last heard of: ``interval_ms`` is its own usual step, ``others_at_ms`` the latest
    snapshot of any series of the same metric."""

    at_ms: int
    has_events: bool
    """Whether silence means that nothing happened (counters and timings), not that nothing is known (gauges)."""
    interval_ms: float
    others_at_ms: int


@dataclass(frozen=True, slots=True)
class Unread:
    """What is new for a reader."""

    span: Span
    samples: list[Fresh]


def latest(metric: str, since_ms: int | None = None) -> list[Latest]:
    """Newest values of a metric's series, only of those that had one from ``since_ms`` on: one indexed read."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, (metric, -sys.maxsize if since_ms is None else since_ms))
        found = cursor.fetchall()
    return [Latest(series_id, metric, tags_of(tags), value, at_ms) for series_id, tags, value, at_ms in found]


def points(
    metric: str, start_ms: int, end_ms: int, most: int = 1500, ids: Collection[int] | None = None
) -> list[Points]:
    """Values from ``start_ms`` to ``end_ms``, at most ``most`` a series: beyond, each bucket's minimum and maximum.

    Spikes survive the thinning, since every bucket keeps its extremes. Of all of the metric's series, or of those of
    some ``ids``. Raises WindowTooLarge.
    """
    from monitoring.keeping import charts  # with NumPy, which the library in a watched application does without

    found = charts.lines(metric, start_ms, end_ms, most, ids)
    return [Points(series_id, tags, at_ms, values) for series_id, tags, at_ms, values in found]


def subjects(ids: Collection[int] | None = None) -> dict[int, Subject]:
    """Series by id, as rules see them: these, or every one."""
    rows = Series.objects.all() if ids is None else Series.objects.filter(id__in=ids)
    fields = rows.values_list("id", "metric__name", "metric__category", "tags", "fingerprint")
    return {row[0]: Subject(*row) for row in fields.iterator(chunk_size=5000)}


def subject(name: str, category: str, tags: dict[str, str]) -> Subject:
    """A series of this name and tags, whether or not it was ever recorded. No category stands for its metric's."""
    return Subject(0, name, category or _category_of(name), tags, fingerprint(name, sorted_tags(tags)))


def _category_of(metric: str) -> str:
    recorded = Metric.objects.filter(name=metric).values_list("category", flat=True).first()
    declared = catalogue.find(metric)
    return recorded or ("" if declared is None else declared.category)


def marker() -> tuple[int, int]:
    """Changes when a series came or went; cheap enough to be asked in every cycle."""
    found = Series.objects.aggregate(highest=Max("id"), count=Count("id"))
    return found["highest"] or 0, found["count"]


def categories() -> dict[int, str]:
    """The category of each metric by its id: people edit them, and nothing else of what rules see of a series."""
    return dict(Metric.objects.order_by().values_list("id", "category"))


def is_known(metric: str) -> bool:
    """Whether a metric of this name was ever recorded."""
    return Metric.objects.filter(name=metric).exists()


def kind_of(metric: str) -> Kind | None:
    """Of a metric that was ever recorded, or that is declared; else None."""
    recorded = Metric.objects.filter(name=metric).values_list("kind", flat=True).first()
    declared = catalogue.find(metric)
    return Kind(recorded) if recorded else None if declared is None else declared.kind


def names() -> list[str]:
    """Every metric that was ever recorded."""
    return list(Metric.objects.order_by("name").values_list("name", flat=True))


def newest(fingerprints: Collection[str]) -> list[tuple[Subject, Fresh]]:
    """The latest value of each of these series, as a reader would have met it."""
    rows = Series.objects.filter(fingerprint__in=fingerprints).order_by("id")
    fields = rows.values_list("id", "metric__name", "metric__category", "tags", "fingerprint", "last_at", "last_value")
    return [
        (Subject(*subject), (subject[0], at_ms, value))
        for *subject, at_ms, value in fields
        if at_ms is not None and value is not None
    ]


def subject_of(fingerprint: str) -> Subject | None:
    """The series of this fingerprint, if it was ever recorded."""
    rows = Series.objects.filter(fingerprint=fingerprint)
    fields = rows.values_list("id", "metric__name", "metric__category", "tags", "fingerprint").first()
    return None if fields is None else Subject(*fields)


def quiet(fingerprints: Collection[str], before_ms: int) -> dict[str, Quiet]:
    """Those of these series that were last heard of before ``before_ms``, by fingerprint."""
    rows = Series.objects.filter(fingerprint__in=fingerprints, last_at__lt=before_ms)
    found = list(rows.values_list("fingerprint", "id", "last_at", "metric_id", "metric__kind"))
    metrics = {metric_id for *_, metric_id, _ in found}
    heard = Series.objects.filter(metric_id__in=metrics).order_by().values_list("metric_id").annotate(Max("last_at"))
    latest_of = dict(heard.values_list("metric_id", "last_at__max"))
    return {
        fingerprint: Quiet(at_ms, kind != Kind.GAUGE, _usual_step_ms(series_id), latest_of[metric_id])
        for fingerprint, series_id, at_ms, metric_id, kind in found
        if at_ms is not None
    }


def usual_step_ms(fingerprint: str) -> float:
    """The usual time between two snapshots of a series; 0 when nothing is known of it."""
    series_id = Series.objects.filter(fingerprint=fingerprint).values_list("id", flat=True).first()
    return 0.0 if series_id is None else _usual_step_ms(series_id)


def _usual_step_ms(series_id: int, looked_at: int = 12) -> float:
    """The median of the last steps between snapshots; 0 while there are fewer than two."""
    times = last_times(series_id, looked_at)
    return median(late - early for late, early in pairwise(times)) if len(times) > 1 else 0.0


def merged(rows: Sequence[Row]) -> Sketch:
    """All calls of timings (rows of ``TIMINGS``, as ``stretches`` gives them) in one sketch. Raises SketchDamaged."""
    from monitoring import merging  # with NumPy, which the library in a watched application does without

    return merging.merged(rows)


def unread(reader: str, most: int = 100_000) -> Unread:
    """Snapshots that ``reader`` has not taken yet, oldest id first. A new reader begins at the present.

    Raises HighWaterUnknown when a writer stands in the way: try again later.
    """
    new = span(reader, MetricSnapshot)
    if not new.has_rows:
        return Unread(new, [])
    rows = MetricSnapshot.objects.filter(id__gt=new.position, id__lte=new.reached).order_by("id")
    sql, parameters = rows.values_list("series_id", "at", "value")[:most].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchall()
    if len(found) == most:
        new = replace(new, reached=rows.values_list("id", flat=True)[most - 1])
    return Unread(new, found)


def take(read: Unread) -> None:
    """Takes the samples as read. Call inside the transaction that writes what was made of them."""
    advance(read.span)
