"""Samples into tables: one transaction a flush, rows and latest values by ``executemany``."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Count

from monitoring.catalogue import find
from monitoring.kinds import Kind
from monitoring.limits import Limits
from monitoring.models import Metric, MetricSnapshot, Series
from monitoring.quiet import quietly
from monitoring.samples import Sample, SeriesKey, fingerprint
from monitoring.sketch import Sketch
from monitoring.totals import Totals, gather, histogram_after
from monitoring.visibility import announce_write

_SNAPSHOT = """INSERT INTO {table} (series_id, at, value, count, total, minimum, maximum, sketch, edited)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, {false})"""
_LATEST = """UPDATE {table} SET count = count + %s, total = total + %s,
    last_value = CASE WHEN last_at IS NULL OR last_at <= %s OR last_at > %s THEN %s ELSE last_value END,
    last_at = CASE WHEN last_at IS NULL OR last_at <= %s OR last_at > %s THEN %s ELSE last_at END{histogram}
    WHERE id = %s"""
AHEAD_MS = 5000

T = TypeVar("T")


class Storage:
    """Remembers the ids of the series it has met, so that a flush costs one insert and one update per sample."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._ids: dict[SeriesKey, int] = {}
        self._lock = Lock()

    def write(self, samples: Sequence[Sample], now_ms: int | None = None) -> int:
        """Stores the samples in one transaction and gives their number. Raises what the database raises.

        A time ahead of ``now_ms``, by default this host's clock, counts as now: a clock that ran ahead must not make
        its samples the latest for hours.
        """
        if not samples:
            return 0
        self._heed_limits()
        latest_ms = (time.time_ns() // 1_000_000 if now_ms is None else now_ms) + AHEAD_MS
        sound = [s if s.at_ms <= latest_ms else replace(s, at_ms=latest_ms) for s in samples]
        try:
            return self._write(sound, latest_ms)
        except IntegrityError:  # a series was deleted while its id was known here: it begins anew
            self.forget()
            return self._write(sound, latest_ms)

    def _write(self, samples: Sequence[Sample], latest_ms: int) -> int:
        ids = self._series_ids(samples)
        rows: list[tuple[Any, ...]] = [
            (ids[s.key], s.at_ms, s.value, s.count, s.total, s.minimum, s.maximum, s.sketch and s.sketch.encode())
            for s in samples
        ]
        totals = gather((ids[sample.key], sample) for sample in samples)
        with quietly(), transaction.atomic(), connection.cursor() as cursor:
            announce_write(cursor)
            cursor.executemany(_sql(_SNAPSHOT, MetricSnapshot), rows)
            _add_up(cursor, totals, latest_ms)
        return len(rows)

    def _heed_limits(self) -> None:
        """What people set since the last flush counts from now on, for series that were turned away before, too."""
        with quietly():
            limits = dict(Metric.objects.exclude(most_series=None).values_list("name", "most_series"))
        if limits != self.limits.of_metric:
            self.limits.of_metric = {name: most for name, most in limits.items() if most is not None}
            self.forget()

    def forget(self) -> None:
        """After series were deleted: look every id up again."""
        with self._lock:
            self._ids.clear()

    def after_fork(self) -> None:
        """In a child: another thread of the parent may have held the lock at the fork."""
        self._lock = Lock()
        self._ids = {}

    def _series_ids(self, samples: Sequence[Sample]) -> dict[SeriesKey, int]:
        with self._lock:
            missing = dict.fromkeys(sample.key for sample in samples if sample.key not in self._ids)
            if missing:
                self._ids.update(self._found_or_made(missing))
            return self._ids.copy() if missing else self._ids

    def _found_or_made(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, int]:
        """Ids of series; rows that are missing are made, by whichever process is first."""
        texts = {key: fingerprint(key.name, key.tags) for key in keys}
        found = _ids_of(texts.values())
        missing = [key for key, text in texts.items() if text not in found]
        if missing:
            _make_metrics(missing)
            admitted = self._admitted(missing)
            found |= _make_series(set(admitted.values()))
            texts |= {key: fingerprint(kept.name, kept.tags) for key, kept in admitted.items()}
        return {key: found[text] for key, text in texts.items()}

    def _admitted(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, SeriesKey]:
        """Each new key, or what stands for it where its metric has as many series as it may."""
        names = {key.name for key in keys}
        rows = Metric.objects.filter(name__in=names).annotate(series_count=Count("series"))
        counts = dict(rows.values_list("name", "series_count"))
        admitted = {}
        for key in keys:
            is_full = counts[key.name] >= self.limits.most(key.name)
            counts[key.name] += 1
            admitted[key] = self.limits.overflow(key) if is_full else key
        return admitted


def _add_up(cursor: CursorWrapper, totals: dict[int, Totals], latest_ms: int) -> None:
    """Latest values and sums since the beginning; in the order of ids, so that two writers never wait in a circle."""
    timings = {series_id: t.histogram for series_id, t in sorted(totals.items()) if t.histogram is not None}
    after = _histograms(timings)
    rows: list[tuple[Any, ...]] = []
    rows_of_timings: list[tuple[Any, ...]] = []
    for series_id, t in sorted(totals.items()):
        latest = (t.count, t.total, t.at_ms, latest_ms, t.value, t.at_ms, latest_ms, t.at_ms)
        if series_id in after:
            rows_of_timings.append((*latest, after[series_id], series_id))
        else:
            rows.append((*latest, series_id))
    if rows:
        cursor.executemany(_sql(_LATEST, Series), rows)
    if rows_of_timings:
        cursor.executemany(_sql(_LATEST, Series, histogram=", histogram = %s"), rows_of_timings)


def _histograms(added: dict[int, Sketch]) -> dict[int, bytes]:
    """What they become; their rows are locked until the transaction ends."""
    before: dict[int, Any] = {}
    for series_ids in batched(added):
        locked = Series.objects.select_for_update().filter(id__in=series_ids).order_by("id")
        before.update(locked.values_list("id", "histogram"))
    return {series_id: histogram_after(before.get(series_id), sketch) for series_id, sketch in added.items()}


def _sql(template: str, model: type[MetricSnapshot] | type[Series], histogram: str = "") -> str:
    false = "FALSE" if connection.vendor == "postgresql" else "0"
    return template.format(table=connection.ops.quote_name(model._meta.db_table), false=false, histogram=histogram)


def _make_metrics(keys: Iterable[SeriesKey]) -> None:
    Metric.objects.bulk_create([_metric(key) for key in sorted(keys, key=lambda key: key.name)], ignore_conflicts=True)


def _make_series(keys: set[SeriesKey]) -> dict[str, int]:
    texts = {fingerprint(key.name, key.tags): key for key in keys}
    metric_ids = dict(Metric.objects.filter(name__in={key.name for key in keys}).values_list("name", "id"))
    Series.objects.bulk_create(
        [
            Series(metric_id=metric_ids[k.name], tags=dict(k.tags), fingerprint=text)
            for text, k in sorted(texts.items())
        ],
        ignore_conflicts=True,
    )
    return _ids_of(texts)


def _ids_of(fingerprints: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for texts in batched(fingerprints):
        found.update(Series.objects.filter(fingerprint__in=texts).values_list("fingerprint", "id"))
    return found


def batched(items: Iterable[T]) -> Iterator[list[T]]:
    """Lists of 500 at most: a query takes a limited number of parameters."""
    rest = iter(items)
    while batch := list(islice(rest, 500)):
        yield batch


def _metric(key: SeriesKey) -> Metric:
    declared = find(key.name)
    if declared is None:
        unit = "seconds" if key.kind == Kind.TIMING else ""
        return Metric(name=key.name, kind=key.kind, category=key.category[:64], unit=unit)
    return Metric(
        name=declared.name, kind=declared.kind, unit=declared.unit, category=declared.category, help=declared.help
    )
