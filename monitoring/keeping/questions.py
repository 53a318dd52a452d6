"""What people and programs ask of kept series: ranges, figures of a span, the highest, a comparison, a search."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from django.db import connection

from monitoring.clock import to_ms
from monitoring.keeping.blocks import HOUR_MS
from monitoring.keeping.buckets import Range, bucketed, quantile, quantiles
from monitoring.keeping.frame import Floats, Frame, Integers
from monitoring.keeping.pieces import Chosen
from monitoring.keeping.reading import coarse, figures, fine
from monitoring.kinds import Kind
from monitoring.models import Series
from monitoring.samples import fingerprint, sorted_tags
from monitoring.windows import SUMMARIES, TIMINGS, Columns

if TYPE_CHECKING:
    from pandas import DataFrame

Tags = Mapping[str, str]
MOST_STEPS: Final = 1500
_MOST_IDS: Final = 300


class UnknownFunction(ValueError):
    """No such function; the message has those that there are."""


@dataclass(frozen=True, slots=True)
class About:
    """A series, as an answer names it."""

    series_id: int
    metric: str
    kind: Kind
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One figure of one series over a span."""

    about: About
    value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same figure of a series over two spans of one length; None where one of them has no samples."""

    about: About
    value: float | None
    earlier: float | None

    @property
    def change(self) -> float | None:
        return None if self.value is None or self.earlier is None else self.value - self.earlier

    @property
    def ratio(self) -> float | None:
        return None if self.value is None or not self.earlier else self.value / self.earlier


def ranges(
    metric: str,
    start: datetime,
    end: datetime,
    step: timedelta | None = None,
    tags: Tags | None = None,
) -> list[Range]:
    """The metric's series from ``start`` up to and with ``end`` in steps; by default at most 1 500.

    With ``tags``, the series that have these. Steps of hours are read from hours, shorter ones from every sample, and
    from hours where those are past their retention.
    """
    start_ms, end_ms = to_ms(start), to_ms(end)
    step_ms = default_step_ms(start_ms, end_ms) if step is None else max(1, step // timedelta(milliseconds=1))
    about = found_series(metric, tags)
    frames = _read(about, start_ms, end_ms, step_ms, SUMMARIES)
    return [
        Range(*_fields(about[series_id]), step_ms=step_ms, **_bucketed(frame, start_ms, step_ms, about[series_id].kind))
        for series_id, frame in frames.items()
    ]


def quantile_ranges(
    metric: str, share: float, start: datetime, end: datetime, step: timedelta, tags: Tags | None = None
) -> list[tuple[About, Integers, Floats]]:
    """The quantile of a timing's calls in each step: where steps begin (ms), and the values (seconds)."""
    start_ms, end_ms, step_ms = to_ms(start), to_ms(end), step // timedelta(milliseconds=1)
    about = found_series(metric, tags)
    frames = _read(about, start_ms, end_ms, step_ms, TIMINGS)
    return [
        (about[series_id], *quantiles(frame, start_ms, step_ms, share))
        for series_id, frame in frames.items()
        if about[series_id].kind == Kind.TIMING
    ]


def default_step_ms(start_ms: int, end_ms: int) -> int:
    """At most 1 500 steps, and whole hours as soon as a step comes near one: they are read from hours then."""
    step_ms = max(1, -(-(end_ms - start_ms) // MOST_STEPS))
    return step_ms if step_ms < HOUR_MS // 3 else -(-step_ms // HOUR_MS) * HOUR_MS


def window(
    function: str, metric: str, start: datetime, end: datetime, tags: Tags | None = None, share: float = 0.95
) -> list[Answer]:
    """One figure of each series over the span: ``avg min max sum count last rate increase quantile``.

    ``share`` is for quantile. That of a timing is of all its calls; that of others is of its samples. Of spans of
    twelve hours and more, sums, extremes and quantiles of timings come from hours. Raises UnknownFunction.
    """
    if function not in FUNCTIONS:
        raise UnknownFunction(f"there is no function {function}; there are {' '.join(FUNCTIONS)}")
    about = found_series(metric, tags)
    start_ms, end_ms = to_ms(start), to_ms(end)
    columns = TIMINGS if function == "quantile" else SUMMARIES
    timings = {one.series_id for one in about.values() if one.kind == Kind.TIMING}
    is_of_samples = function == "quantile" and len(timings) < len(about)
    frames = _of(about, (fine if is_of_samples else figures)(_query(about), start_ms, end_ms, columns))
    asked = partial(FUNCTIONS[function], seconds=(end_ms - start_ms) / 1000, share=share)
    return [Answer(about[series_id], asked(frame, about[series_id].kind)) for series_id, frame in frames.items()]


def top(
    function: str,
    metric: str,
    start: datetime,
    end: datetime,
    most: int = 10,
    tags: Tags | None = None,
    share: float = 0.95,
) -> list[Answer]:
    """The series with the highest answers of ``window``, highest first."""
    found = window(function, metric, start, end, tags, share)
    return sorted(found, key=lambda answer: (-answer.value, answer.about.series_id))[:most]


def compare(
    function: str,
    metric: str,
    start: datetime,
    end: datetime,
    earlier_by: timedelta,
    tags: Tags | None = None,
    share: float = 0.95,
) -> list[Comparison]:
    """Answers of ``window`` beside those of the same span ``earlier_by`` ago, such as a week."""
    now, then = (
        {answer.about.series_id: answer for answer in window(function, metric, first, last, tags, share)}
        for first, last in ((start, end), (start - earlier_by, end - earlier_by))
    )
    about = {series_id: answer.about for series_id, answer in (then | now).items()}
    return [
        Comparison(one, now[key].value if key in now else None, then[key].value if key in then else None)
        for key, one in sorted(about.items())
    ]


def search(text: str, most: int = 50) -> list[About]:
    """Series whose metric, help or tags have all words of ``text``, in any case; those heard of last come first."""
    words = text.casefold().split()
    rows = Series.objects.order_by("-last_at", "id").values_list(*_ABOUT, "metric__help")
    found = (row for row in rows.iterator(chunk_size=2000) if _has_words(words, row))
    return [_about(row) for row in islice(found, most)]


def _has_words(words: Iterable[str], row: tuple[Any, ...]) -> bool:
    """In Python, since databases know the case of other letters than ASCII each in their own way."""
    _, name, _, tags, about = row
    text = " ".join((name, about, *(f"{key}={value}" for key, value in tags.items()))).casefold()
    return all(word in text for word in words)


def table(answers: Sequence[Answer]) -> "DataFrame":
    """Answers as pandas has them: a column for each tag, then metric and value."""
    from pandas import DataFrame

    return DataFrame([{**one.about.tags, "metric": one.about.metric, "value": one.value} for one in answers])


# In SQL, since composing it costs as much as reading a day of the series.
_EXACT: Final = """
    SELECT series.id, metric.kind FROM ahgd_monitoring_series AS series
    JOIN ahgd_monitoring_metric AS metric ON metric.id = series.metric_id WHERE series.fingerprint = %s
"""
_ABOUT: Final = ("id", "metric__name", "metric__kind", "tags")


def found_series(metric: str, tags: Tags | None) -> dict[int, About]:
    """Series of the metric that have these tags, by id; the one with exactly these is found by its fingerprint."""
    if tags:
        with connection.cursor() as cursor:
            cursor.execute(_EXACT, [fingerprint(metric, sorted_tags(tags))])
            row = cursor.fetchone()
        if row is not None:
            return {row[0]: About(row[0], metric, Kind(row[1]), dict(tags))}
    rows = Series.objects.filter(metric__name=metric).order_by("id").values_list(*_ABOUT)
    every = [_about(row) for row in rows]
    return {one.series_id: one for one in every if not tags or tags.items() <= one.tags.items()}


def _about(row: tuple[Any, ...]) -> About:
    return About(row[0], row[1], Kind(row[2]), row[3])


def _query(about: Mapping[int, About]) -> Chosen:
    """These series; past some hundred, all of their metric, since a statement takes a limited number of parameters."""
    if len(about) <= _MOST_IDS:
        return about
    return Series.objects.filter(metric__name__in={one.metric for one in about.values()})


def _fields(one: About) -> tuple[int, str, Kind, dict[str, str]]:
    return one.series_id, one.metric, one.kind, one.tags


def _bucketed(frame: Frame, start_ms: int, step_ms: int, kind: Kind) -> dict[str, Any]:
    return dict(bucketed(frame, start_ms, step_ms, kind))


def _read(about: Mapping[int, About], start_ms: int, end_ms: int, step_ms: int, columns: Columns) -> dict[int, Frame]:
    return _of(about, (coarse if step_ms % HOUR_MS == 0 else fine)(_query(about), start_ms, end_ms, columns))


def _of(about: Mapping[int, About], frames: Mapping[int, Frame]) -> dict[int, Frame]:
    return {series_id: frame for series_id, frame in frames.items() if series_id in about}


def _increase(frame: Frame, kind: Kind, seconds: float, share: float) -> float:
    """Of a counter the sum of its increments, of a timing its calls, of a gauge how much it changed."""
    if kind == Kind.COUNTER:
        return math.fsum(frame.value)
    return float(frame.counts.sum() if kind == Kind.TIMING else frame.value[-1] - frame.value[0])


def _quantile(frame: Frame, kind: Kind, seconds: float, share: float) -> float:
    return quantile(frame, share) if kind == Kind.TIMING else float(np.quantile(frame.value, share))


Function = Callable[..., float]
FUNCTIONS: Final[Mapping[str, Function]] = {
    "avg": lambda frame, kind, seconds, share: float(frame.totals.sum() / frame.counts.sum()),
    "min": lambda frame, kind, seconds, share: float(frame.minima.min()),
    "max": lambda frame, kind, seconds, share: float(frame.maxima.max()),
    "sum": lambda frame, kind, seconds, share: math.fsum(frame.totals),
    "count": lambda frame, kind, seconds, share: float(frame.counts.sum()),
    "last": lambda frame, kind, seconds, share: float(frame.value[-1]),
    "rate": lambda frame, kind, seconds, share: _increase(frame, kind, seconds, share) / seconds,
    "increase": _increase,
    "quantile": _quantile,
}
