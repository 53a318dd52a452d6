"""Samples into tables: one transaction a flush, rows and latest values by ``executemany``."""

import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from django.db import IntegrityError, connection, transaction

from monitoring.catalogue import find
from monitoring.models import Metric, MetricSnapshot, Series
from monitoring.samples import Sample, SeriesKey, fingerprint
from monitoring.visibility import announce_write

_SNAPSHOT = """INSERT INTO {table} (series_id, at, value, count, total, minimum, maximum, edited)
    VALUES (%s, %s, %s, %s, %s, %s, %s, {false})"""
_LATEST = """UPDATE {table} SET last_value = %s, last_at = %s
    WHERE id = %s AND (last_at IS NULL OR last_at <= %s OR last_at > %s)"""
AHEAD_MS = 5000


class Storage:
    """Remembers the ids of the series it has met, so that a flush costs one insert and one update per sample."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._lock = Lock()

    def write(self, samples: Sequence[Sample], now_ms: int | None = None) -> int:
        """Stores the samples in one transaction and gives their number. Raises what the database raises.

        A time ahead of ``now_ms``, by default this host's clock, counts as now: a clock that ran ahead must not make
        its samples the latest for hours.
        """
        if not samples:
            return 0
        latest_ms = (time.time_ns() // 1_000_000 if now_ms is None else now_ms) + AHEAD_MS
        sound = [s if s.at_ms <= latest_ms else replace(s, at_ms=latest_ms) for s in samples]
        try:
            return self._write(sound, latest_ms)
        except IntegrityError:  # a series was deleted while its id was known here: it begins anew
            self.forget()
            return self._write(sound, latest_ms)

    def _write(self, samples: Sequence[Sample], latest_ms: int) -> int:
        keys = {fingerprint(sample.key.name, sample.key.tags): sample.key for sample in samples}
        ids = self._series_ids(keys)
        rows = [(ids[s.key], s.at_ms, s.value, s.count, s.total, s.minimum, s.maximum) for s in samples]
        latest = {row[0]: (row[2], row[1], row[0], row[1], latest_ms) for row in sorted(rows, key=lambda row: row[1])}
        with transaction.atomic(), connection.cursor() as cursor:
            announce_write(cursor)
            cursor.executemany(_sql(_SNAPSHOT, MetricSnapshot), rows)
            cursor.executemany(_sql(_LATEST, Series), [latest[series_id] for series_id in sorted(latest)])
        return len(rows)

    def after_fork(self) -> None:
        """In a child: another thread of the parent may have held the lock at the fork."""
        self._lock = Lock()
        self._ids = {}

    def forget(self) -> None:
        """After series were deleted, or in a new process: look every id up again."""
        with self._lock:
            self._ids.clear()

    def _series_ids(self, keys: dict[str, SeriesKey]) -> dict[SeriesKey, int]:
        with self._lock:
            missing = {text: key for text, key in keys.items() if text not in self._ids}
            if missing:
                self._ids.update(_found_or_made(missing))
            return {key: self._ids[text] for text, key in keys.items()}


def _sql(template: str, model: type[MetricSnapshot] | type[Series]) -> str:
    false = "FALSE" if connection.vendor == "postgresql" else "0"
    return template.format(table=connection.ops.quote_name(model._meta.db_table), false=false)


def _found_or_made(keys: dict[str, SeriesKey]) -> dict[str, int]:
    """Ids by fingerprint; rows that are missing are made, by whichever process is first."""
    found = _ids_of(keys)
    if len(found) < len(keys):
        missing = {text: key for text, key in keys.items() if text not in found}
        Metric.objects.bulk_create([_metric(key) for key in missing.values()], ignore_conflicts=True)
        metric_ids = dict(Metric.objects.filter(name__in={k.name for k in missing.values()}).values_list("name", "id"))
        Series.objects.bulk_create(
            [Series(metric_id=metric_ids[k.name], tags=dict(k.tags), fingerprint=text) for text, k in missing.items()],
            ignore_conflicts=True,
        )
        found |= _ids_of(missing)
    return found


def _ids_of(keys: dict[str, SeriesKey]) -> dict[str, int]:
    return dict(Series.objects.filter(fingerprint__in=list(keys)).values_list("fingerprint", "id"))


def _metric(key: SeriesKey) -> Metric:
    declared = find(key.name)
    if declared is None:
        return Metric(name=key.name, kind=key.kind, category=key.category)
    return Metric(
        name=declared.name, kind=declared.kind, unit=declared.unit, category=declared.category, help=declared.help
    )
