"""Stored snapshots of a span of time, sealed or not, for window functions: one query for all metrics that share it."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from monitoring import joining
from monitoring.keeping.pieces import TooMany, samples
from monitoring.keeping.spans import sizes, with_chunks
from monitoring.kinds import Kind
from monitoring.mapped import mapped_file
from monitoring.models import Metric, MetricSnapshot, Series

MOST_ROWS = 2_000_000
_BATCH = 20_000
_SERIES_AT_ONCE = 5_000
"""By their ids; databases bound how many values a statement has."""
MOST_TIMINGS = 500_000  # each with its sketch, so several times the size

Columns = tuple[str, ...]
TIMINGS: Final[Columns] = ("series_id", "at", "value", "count", "total", "minimum", "maximum", "sketch")
SERIES_ID, AT, VALUE, COUNT, TOTAL, MINIMUM, MAXIMUM, SKETCH = range(len(TIMINGS))
"""Where each column stands in a row, whatever was asked for: fewer columns are the first ones of more. ``at`` is in ms
since the epoch; those after ``value`` are None in a snapshot of one value; the sketch is as monitoring/sketch.py."""
VALUES: Final = TIMINGS[: VALUE + 1]
SUMMARIES: Final = TIMINGS[: MAXIMUM + 1]
JOINED: Final[Columns] = (*TIMINGS, "sizes")
SIZES: Final = len(TIMINGS)
"""Of a row that stands for all snapshots of a timing: its sketch is theirs one after another, of so many bytes each,
as text with commas. The rest of it is as of one snapshot of all these calls."""

Row = tuple[Any, ...]  # as the columns that were asked for; a plain tuple, since a cycle may read a million
_series_id = itemgetter(SERIES_ID)


class WindowTooLarge(ValueError):
    """The span holds more snapshots than one reader may hold in memory."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one series holds in a span, in time order."""

    series_id: int
    metric: str
    kind: Kind
    tags: Mapping[str, str]
    rows: list[Row] = field(default_factory=list)

    def column(self, place: int) -> Any:
        """One column of the rows, not to be changed; whoever has it as an array gives that."""
        return [row[place] for row in self.rows]


def stretches(
    metrics: Collection[str],
    start_ms: int,
    end_ms: int,
    columns: Columns = SUMMARIES,
    joined: Collection[str] = (),
) -> list[Stretch]:
    """Snapshots after ``start_ms`` up to and with ``end_ms`` (Prometheus' left-open windows) by series.

    Rows have these columns, those of timings always all of them; of the ``joined`` timings a series may be one row
    (``JOINED``), which the database adds up in half the time. A series without snapshots in the span is left out.
    Raises WindowTooLarge past ``MOST_TIMINGS`` snapshots of timings, joined or not, or ``MOST_ROWS`` of others.
    """
    rows = Metric.objects.filter(name__in=metrics).values_list("id", "name", "kind")
    known = {metric_id: (name, Kind(kind)) for metric_id, name, kind in rows}
    timings = {metric_id for metric_id, (_, kind) in known.items() if kind == Kind.TIMING}
    whole = {metric_id for metric_id in timings if known[metric_id][0] in joined}
    if whole:
        _refuse_too_many([known[metric_id][0] for metric_id in timings], start_ms, end_ms)
    found: list[Stretch] = []
    for ids, wanted in ((known.keys() - timings, columns), (timings - whole, TIMINGS), (whole, JOINED)):
        if ids:
            series = Series.objects.filter(metric_id__in=ids).order_by()
            snapshots = _read(series, wanted, start_ms, end_ms)
            about = plain(series, "id", "metric_id", "tags")
            found += _by_series(snapshots, {row[0]: (*known[row[1]], tags_of(row[2])) for row in about})
    return found


def _read(series: QuerySet[Series], columns: Columns, start_ms: int, end_ms: int) -> list[Row]:
    """Those of a series together, in the order of their times.

    The database joins rows, not chunks. Which series have chunks is asked afterwards: what was sealed meanwhile is
    read from its chunk, what is sealed later was whole in the rows.
    """
    if columns != JOINED:
        return _samples(series, columns, start_ms, end_ms)
    found = _rows(joining.by_series(_snapshots(series, start_ms, end_ms)), MOST_TIMINGS)
    rows, incomplete = joining.joined(found)
    packed = with_chunks(series, start_ms, end_ms)
    apart = sorted(packed.union(incomplete))
    rows = [row for row in rows if row[SERIES_ID] not in packed]
    for first in range(0, len(apart), _SERIES_AT_ONCE):
        some = series.filter(id__in=apart[first : first + _SERIES_AT_ONCE])
        rows += _samples(some, TIMINGS, start_ms, end_ms)
    return rows


def _snapshots(series: QuerySet[Series], start_ms: int, end_ms: int) -> QuerySet[MetricSnapshot]:
    return MetricSnapshot.objects.filter(series_id__in=series.values("id"), at__gt=start_ms, at__lte=end_ms)


def _refuse_too_many(timings: Collection[str], start_ms: int, end_ms: int) -> None:
    """Before they are joined: a row is a whole series by then, and PostgreSQL sends all rows at once."""
    if sum(size for size, *_ in sizes(timings, start_ms, end_ms)) > MOST_TIMINGS:
        raise _too_many(MOST_TIMINGS)


def _too_many(most: int) -> WindowTooLarge:
    return WindowTooLarge(f"a window of these metrics holds more than {most:,} snapshots")


def too_large(metrics: Collection[str], start_ms: int, end_ms: int) -> dict[str, int]:
    """Those of the metrics that do not fit into what ``stretches`` reads at once, with their number of snapshots.

    The smallest are let in first, so that a large one takes no place from others.
    """
    left = {True: MOST_TIMINGS, False: MOST_ROWS}
    found: dict[str, int] = {}
    for size, metric, kind in sorted(sizes(metrics, start_ms, end_ms)):
        if size <= left[kind == Kind.TIMING]:
            left[kind == Kind.TIMING] -= size
        else:
            found[metric] = size
    return found


def plain(series: QuerySet[Series], *fields: str) -> list[Row]:
    """As the database has them, tags as text: reading the same texts anew each time costs more than the query."""
    sql, parameters = series.values_list(*fields).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


@lru_cache(maxsize=50_000)
def tags_of(text: str) -> Mapping[str, str]:
    """What a text of tags says; the same object for the same text."""
    tags: dict[str, str] = json.loads(text)
    return tags


def _samples(series: QuerySet[Series], columns: Columns, start_ms: int, end_ms: int) -> list[Row]:
    most = MOST_TIMINGS if columns == TIMINGS else MOST_ROWS
    try:
        with mapped_file():
            return samples(series, columns, start_ms, end_ms, most)
    except TooMany as error:
        raise _too_many(most) from error


def _rows(snapshots: QuerySet[Any, Any], most: int) -> list[Row]:
    """Plain tuples: the ORM's conversion doubles the cost of a window."""
    sql, parameters = snapshots.query.sql_with_params()
    found: list[Row] = []
    with mapped_file(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while batch := cursor.fetchmany(_BATCH):
            found += batch
            if len(found) > most:
                raise _too_many(most)
    return found


def _by_series(rows: Iterable[Row], about: Mapping[int, tuple[str, Kind, Mapping[str, str]]]) -> Iterator[Stretch]:
    """Rows of a series come together."""
    for series_id, own in groupby(rows, _series_id):
        if series_id in about:
            yield Stretch(series_id, *about[series_id], rows=list(own))
