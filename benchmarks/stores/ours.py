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
from monitoring.keeping.forgetting import delete_unnamed_times
from monitoring.keeping.frame import Frame
from monitoring.keeping.packing import forget_lately_read
from monitoring.keeping.reading import fine
from monitoring.keeping.sealing import SERIES_A_STEP
from monitoring.models import ChunkTimes, Kind, Metric, MetricChunk, Series
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
    """Of chunks and the times they share, as they lie in the file: whole pages, with every index."""
    delete_unnamed_times()  # as retention does each hour
    tables = [MetricChunk._meta.db_table, ChunkTimes._meta.db_table]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.fetchall()
        of_tables = "SELECT name FROM sqlite_master WHERE tbl_name IN (%s, %s)"
        cursor.execute(f"SELECT SUM(pgsize) FROM dbstat WHERE name IN ({of_tables})", tables)  # noqa: S608  (ours)
        return int(cursor.fetchone()[0])


def compact() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")


def file_bytes() -> int:
    return Path(settings.DATABASES["default"]["NAME"]).stat().st_size


def day_of_one(line: Line, metric: str = METRIC) -> int:
    span = from_ms(start_ms()), from_ms(start_ms() + DAY_MS - 1)
    found = series.range_of(f"{metric}_{line.kind}", {"series": line.name}, *span, timedelta(minutes=5))
    assert found is not None
    return len(found.at_ms)


def day_of_one_anew(line: Line) -> int:
    """The same of a series whose chunks nobody read lately."""
    forget_lately_read()
    return day_of_one(line)


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
    found = series.range_of("month_gauge", {"series": "month"}, end - timedelta(days=days), end)
    assert found is not None
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
