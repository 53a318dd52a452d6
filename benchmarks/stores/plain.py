"""A plain Django table of samples, as one writes it first: a row a sample, an index, and a table of latest values."""

import time
from collections.abc import Sequence
from pathlib import Path

from django.db import connection, models, transaction

from benchmarks.stores.sets import DAY_MS, Line, start_ms


class PlainSample(models.Model):
    series = models.IntegerField()
    at = models.BigIntegerField()
    value = models.FloatField()

    class Meta:
        app_label = "ahgd_monitoring"
        indexes = (models.Index(fields=("series", "at"), name="plain_series_at"),)

    def __str__(self) -> str:
        return f"{self.value} of {self.series} at {self.at}"


class PlainLatest(models.Model):
    series = models.IntegerField(primary_key=True)
    at = models.BigIntegerField()
    value = models.FloatField()

    class Meta:
        app_label = "ahgd_monitoring"

    def __str__(self) -> str:
        return f"{self.value} of {self.series} at {self.at}"


def make() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(PlainSample)
        editor.create_model(PlainLatest)


def fill(lines: Sequence[Line]) -> None:
    """Not timed, so without Django; in the order of time, as samples come."""
    insert = "INSERT INTO ahgd_monitoring_plainsample (series, at, value) VALUES (%s, %s, %s)"
    recorded = [line.recorded for line in lines]
    with transaction.atomic(), connection.cursor() as cursor:
        for place, at in enumerate(lines[0].at_ms.tolist()):
            cursor.executemany(insert, [(number, at, float(values[place])) for number, values in enumerate(recorded)])


def size_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT SUM(pgsize) FROM dbstat WHERE name IN ('ahgd_monitoring_plainsample', 'plain_series_at')"
        )
        return int(cursor.fetchone()[0])


def day_of_one(number: int) -> int:
    """Means of five minutes."""
    rows = PlainSample.objects.filter(series=number, at__gte=start_ms(), at__lt=start_ms() + DAY_MS).order_by("at")
    found: dict[int, list[float]] = {}
    for row in rows.values_list("at", "value"):
        found.setdefault(row[0] // 300_000, []).append(row[1])
    return len({at: sum(values) / len(values) for at, values in found.items()})


def ingest(series: int, ticks: int) -> float:
    """Samples a second: a transaction a tick, with the latest values."""
    PlainLatest.objects.bulk_create([PlainLatest(series=number, at=0, value=0) for number in range(series)])
    began = time.perf_counter()
    for tick in range(ticks):
        at = start_ms() + tick * 15_000
        with transaction.atomic():
            PlainSample.objects.bulk_create(
                [PlainSample(series=number, at=at, value=float(tick)) for number in range(series)]
            )
            PlainLatest.objects.bulk_create(
                [PlainLatest(series=number, at=at, value=float(tick)) for number in range(series)],
                update_conflicts=True,
                unique_fields=("series",),
                update_fields=("at", "value"),
            )
    return series * ticks / (time.perf_counter() - began)


def directory_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
