"""Our own store, on SQLite: filled as sealing fills it, an hour at a time; read through ``monitoring.series``."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection

from benchmarks.stores.sets import DAY_MS, SAMPLES, Line, start_ms
from monitoring import series
from monitoring.clock import from_ms
from monitoring.keeping import chunks
from monitoring.keeping.blocks import HOUR_MS
from monitoring.keeping.frame import Frame
from monitoring.keeping.reading import fine
from monitoring.keeping.sealing import SERIES_A_STEP
from monitoring.models import Kind, Metric, MetricChunk, Series
from monitoring.samples import Sample, SeriesKey
from monitoring.sketch import sketch_of
from monitoring.storage import Storage

METRIC = "bench"


def make(lines: Sequence[Line], metric: str = METRIC) -> dict[str, int]:
    """Series by name, with a latest value; ids by name."""
    for kind in Kind:
        Metric.objects.get_or_create(name=f"{metric}_{kind}", defaults={"kind": kind, "most_series": 20_000})
    keys = {line.name: SeriesKey(f"{metric}_{line.kind}", (("series", line.name),), line.kind) for line in lines}
    Storage().write([Sample(keys[line.name], int(line.at_ms[-1]), float(line.values[-1])) for line in lines])
    rows = Series.objects.filter(metric__name__startswith=f"{metric}_").values_list("id", "tags")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ahgd_monitoring_metricsnapshot")
    return {tags["series"]: series_id for series_id, tags in rows}


def fill(lines: Sequence[Line], ids: dict[str, int], hours: int = 24) -> float:
    """Seconds that packing took, all of it: each hour is joined with its block."""
    began = time.perf_counter()
    for hour in range(hours):
        start = start_ms() + hour * HOUR_MS
        for first in range(0, len(lines), SERIES_A_STEP):
            part = lines[first : first + SERIES_A_STEP]
            with chunks.alone():
                chunks.add({ids[line.name]: frame_of(line).between(start, start + HOUR_MS - 1) for line in part})
    return time.perf_counter() - began


def frame_of(line: Line) -> Frame:
    return Frame(line.at_ms, line.values)


def check(lines: Sequence[Line], ids: dict[str, int]) -> None:
    """Every sample is what was recorded, to the bit."""
    for line in lines:
        found = fine(Series.objects.filter(pk=ids[line.name]), start_ms(), start_ms() + 2 * DAY_MS)[ids[line.name]]
        assert np.array_equal(found.at, line.at_ms), line.name
        assert found.value.tobytes() == line.values.tobytes(), line.name


def size_bytes() -> int:
    """Of the chunks' table with its index, as it lies in the file: whole pages."""
    table = MetricChunk._meta.db_table
    names = [table, *(constraint.name for constraint in MetricChunk._meta.constraints)]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.fetchall()
        places = ", ".join(["%s"] * len(names))
        like = f"sqlite_autoindex_{table}%"
        cursor.execute(f"SELECT SUM(pgsize) FROM dbstat WHERE name IN ({places}) OR name LIKE %s", [*names, like])  # noqa: S608
        return int(cursor.fetchone()[0])


def compact() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")


def file_bytes() -> int:
    return Path(settings.DATABASES["default"]["NAME"]).stat().st_size


def day_of_one(line: Line, metric: str = METRIC) -> int:
    (found,) = series.ranges(
        f"{metric}_{line.kind}",
        from_ms(start_ms()),
        from_ms(start_ms() + DAY_MS - 1),
        timedelta(minutes=5),
        {"series": line.name},
    )
    return len(found.at_ms)


def month() -> tuple[Line, dict[str, int]]:
    """A series of 30 days, every 15 s."""
    rng = np.random.default_rng(7)
    count = 30 * SAMPLES
    at_ms = start_ms() - 29 * DAY_MS + 15_000 * np.arange(count)
    line = Line("month", Kind.GAUGE, at_ms, np.round(50 + np.cumsum(rng.normal(0, 0.1, count)), 2))
    ids = make([line], "month")
    with chunks.alone():
        chunks.add({ids[line.name]: frame_of(line)})
    return line, ids


def days_of_month(days: int) -> int:
    """The last ``days`` days, in as many steps as the door makes by itself."""
    end = from_ms(start_ms() + DAY_MS - 1)
    (found,) = series.ranges("month_gauge", end - timedelta(days=days), end, None, {"series": "month"})
    return len(found.at_ms)


def latest_of_all(count: int, metric: str = METRIC) -> None:
    found = sum(len(series.latest(f"{metric}_{kind}")) for kind in Kind)
    assert found == count, found


def timings(count: int) -> Iterator[tuple[str, Frame]]:
    """Series of calls, one to six in each interval, with their sketches."""
    rng = np.random.default_rng(11)
    for number in range(count):
        rows = []
        for place in range(SAMPLES):
            took = rng.lognormal(-3, 0.8, int(rng.integers(1, 7))).tolist()
            sketch = sketch_of(took).encode()
            at_ms = start_ms() + 15_000 * place
            rows.append((0, at_ms, max(took), len(took), sum(took), min(took), max(took), sketch))
        yield f"t{number}", Frame.of_rows(rows)
