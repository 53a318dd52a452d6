"""What does a sample cost to keep, to read and to take in, beside Prometheus and others?

1 000 series x 24 h x 15 s (``benchmarks/stores/sets.py``: random walks of two decimal places, counters, near-constants;
the seed is in it), and real psutil readings every 15 s with their jitter (``record.py`` says how a day of them was
recorded in an hour and a half, nothing of it stretched or repeated). Ours is filled as sealing
fills it, an hour at a time, and read through ``monitoring.series``; every sample is compared with what was recorded.

What is not equal. Prometheus and VictoriaMetrics answer over HTTP, as their users ask them; ours, DuckDB and Parquet in
the process. Peers get counters as sums, ours keeps increases. Ours has hours and its summary columns in the same
table, counted.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.programs.embedded import set_up
from benchmarks.programs.running import end_on_term
from benchmarks.report import Report

SERIES = 1000
TICKS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what keeping samples costs, ours beside others.")
    parser.add_argument("--series", type=int, default=SERIES, help="fewer are a quick look, which is not saved")
    options = parser.parse_args()
    end_on_term()
    with TemporaryDirectory(prefix="ahgd-ops-bench-") as directory:
        set_up(directory)
        report = measure(Path(directory), options.series)
    if options.series == SERIES:
        report.save()
    for row in report.rows:
        print(f"{row.label}: {row.value:.3f} {row.unit}")
    for ratio in report.ratios:
        print(f"{ratio.ours}: {ratio.times:.2f} times {ratio.other}")
    for limit in report.limits:
        print(f"{'met   ' if limit.met else 'MISSED'} {limit.text}: {limit.value:.3f}")


def measure(directory: Path, count: int) -> Report:
    from benchmarks.stores import sets

    report = Report("store", f"What does a sample cost to keep, read and take in? ({count} series, 24 h, 15 s)")
    lines = sets.regular(count)
    sizes, day, latest = _ours(report, lines)
    _peers(report, directory, lines, day, latest)
    report.limit("regular set: at most 1.0 byte a sample, indexes and rows counted", sizes, 1.0)
    _real(report, directory)
    _timings(report)
    _month(report)
    _ingestion(report, count)
    _growth(report, count)
    return report


def _ours(report: Report, lines: list) -> tuple[float, float, float]:  # type: ignore[type-arg]
    from benchmarks.stores import ours, sets

    ids = ours.make(lines)
    packing = ours.fill(lines, ids)
    ours.check(lines, ids)
    total = sets.total(lines)
    as_sealed = ours.size_bytes() / total
    ours.compact()
    vacuumed = ours.size_bytes() / total
    day = best(lambda: ours.day_of_one(lines[0]))
    anew = best(lambda: ours.day_of_one_anew(lines[0]))
    latest = best(lambda: ours.latest_of_all(len(lines)))
    report.row("AHGD Ops, regular set", "ours", as_sealed, "bytes a sample")
    report.row("AHGD Ops, regular set, after VACUUM", "ours", vacuumed, "bytes a sample")
    report.row("AHGD Ops, sealing", "ours", total / packing, "samples a second", lower_is_better=False)
    report.row("AHGD Ops, a day of one series at 5 min", "ours", day * 1000, "ms")
    report.row("AHGD Ops, a day of one series at 5 min, not read lately", "ours", anew * 1000, "ms, not read lately")
    report.row(f"AHGD Ops, latest of all {len(lines)}", "ours", latest * 1000, "ms for all")
    return as_sealed, day, latest


def _peers(report: Report, directory: Path, lines: list, day: float, latest: float) -> None:  # type: ignore[type-arg]
    import duckdb

    from benchmarks.stores import peers, plain, sets

    total, name = sets.total(lines), lines[0].name
    with peers.prometheus(directory, lines) as (port, size):
        theirs = best(lambda: peers.day_of_one(port, name))
        all_latest = best(lambda: peers.latest_of_all(port, len(lines)))
    report.row("Prometheus, regular set", "peer", size / total, "bytes a sample")
    report.row("Prometheus, a day of one series at 5 min", "peer", theirs * 1000, "ms")
    report.row(f"Prometheus, latest of all {len(lines)}", "peer", all_latest * 1000, "ms for all")
    with peers.victoria(directory, lines) as (port, size):
        victoria = best(lambda: peers.day_of_one(port, name))
    report.row("VictoriaMetrics, regular set", "peer", size / total, "bytes a sample")
    report.row("VictoriaMetrics, a day of one series at 5 min", "peer", victoria * 1000, "ms")
    plain.make()
    some = lines[: max(1, len(lines) // 10)]
    plain.fill(some)
    report.row(
        "plain Django table, a tenth of the set", "peer", plain.size_bytes() / sets.total(some), "bytes a sample"
    )
    seconds = best(lambda: plain.day_of_one(0))
    report.row("plain Django table, a day of one series at 5 min", "peer", seconds * 1000, "ms")
    path, size = peers.duckdb_file(directory, lines)
    with duckdb.connect(str(path), read_only=True) as database:
        seconds = best(lambda: peers.duckdb_day_of_one(database, 0))
    report.row("DuckDB, regular set", "peer", size / total, "bytes a sample")
    report.row("DuckDB, a day of one series at 5 min", "peer", seconds * 1000, "ms")
    path, size = peers.parquet_file(directory, lines)
    seconds = best(lambda: peers.parquet_day_of_one(path, 0))
    report.row("Parquet, regular set", "peer", size / total, "bytes a sample")
    report.row("Parquet, a day of one series at 5 min", "peer", seconds * 1000, "ms")
    report.limit("a day of one series: at most 0.4 of Prometheus' time", day / theirs, 0.4)
    report.limit("latest of all: at most 0.2 of Prometheus' time", latest / all_latest, 0.2)


def _real(report: Report, directory: Path) -> None:
    from benchmarks.stores import ours, peers, sets

    lines = sets.real()
    hours = len(lines[0].at_ms) * 15 / 3600
    total, before = sets.total(lines), ours.size_bytes()
    ids = ours.make(lines, "real")
    ours.fill(lines, ids)
    ours.check(lines, ids)
    mine = (ours.size_bytes() - before) / total
    (directory / "real").mkdir()
    with peers.victoria(directory / "real", lines) as (_, size):
        theirs = size / total
    unit = "bytes a sample of real readings"
    report.row(f"AHGD Ops, {hours:.1f} h of {len(lines)} real series", "ours", mine, unit)
    report.row(f"VictoriaMetrics, {hours:.1f} h of {len(lines)} real series", "peer", theirs, unit)
    report.limit("real readings: at most 0.5 byte more than VictoriaMetrics", mine - theirs, 0.5)


def _timings(report: Report) -> None:
    from benchmarks.stores import ours
    from monitoring.keeping.packing import pack

    frames = [frame.part(slice(start, start + 1440)) for _, frame in ours.timings(5) for start in range(0, 5760, 1440)]
    size = sum(len(pack(frame)) for frame in frames) / sum(map(len, frames))
    report.row("AHGD Ops, timings of 1 to 6 calls with sketches", "ours", size, "bytes a sample of timings")


def _month(report: Report) -> None:
    from benchmarks.stores import ours

    ours.month()
    day, month = (best(lambda days=days: ours.days_of_month(days)) for days in (1, 30))  # type: ignore[misc]
    report.row("AHGD Ops, a day of one series, as charts ask", "ours", day * 1000, "ms")
    report.row("AHGD Ops, 30 days of one series, as charts ask", "ours", month * 1000, "ms")
    report.limit("30 days of one series: at most 10 times a day's time", month / day, 10)


def _ingestion(report: Report, count: int) -> None:
    from benchmarks.stores import plain
    from monitoring.models import Kind, Metric
    from monitoring.samples import Sample, SeriesKey
    from monitoring.storage import Storage

    theirs = plain.ingest(count, TICKS)
    Metric.objects.create(name="live", kind=Kind.GAUGE, most_series=20_000)
    storage = Storage()
    keys = [SeriesKey("live", (("series", str(number)),), Kind.GAUGE) for number in range(count)]
    storage.write([Sample(key, 0, 0.0) for key in keys])
    began = time.perf_counter()
    for tick in range(TICKS):
        storage.write([Sample(key, tick * 15_000, float(tick)) for key in keys])
    mine = count * TICKS / (time.perf_counter() - began)
    unit = "samples a second, committed each tick"
    report.row("plain Django table, latest values included", "peer", theirs, unit, lower_is_better=False)
    report.row("AHGD Ops, latest values included", "ours", mine, unit, lower_is_better=False)
    report.limit("live ingestion: at least 2.5 times the plain table's", mine / theirs, 2.5, at_least=True)


def _growth(report: Report, count: int) -> None:
    """Two hours of as many series and of ten times as many: each figure of many is divided by that of few."""
    few, many = (_two_hours(of, metric) for of, metric in ((count, "few"), (count * 10, "many")))
    for what, unit in (
        ("bytes a sample of two hours", "bytes a sample of two hours"),
        ("sealing, microseconds a sample", "us a sample that is sealed"),
        ("two hours of one series", "ms, two hours of one"),
        ("latest of all, microseconds a series", "us a series"),
    ):
        report.row(f"AHGD Ops, {what}, {count} series", "ours", few[what], unit)
        report.row(f"AHGD Ops, {what}, {count * 10} series", "ours", many[what], unit)
        report.row(f"AHGD Ops, {what}, grown", "ours", many[what] / few[what], f"times for {what}")


def _two_hours(count: int, metric: str) -> dict[str, float]:
    from benchmarks.stores import ours, sets

    lines, before = sets.regular(count), ours.size_bytes()
    ids = ours.make(lines, metric)
    packing, samples = ours.fill(lines, ids, hours=2), count * 480
    latest = best(lambda: ours.latest_of_all(count, metric))
    return {
        "bytes a sample of two hours": (ours.size_bytes() - before) / samples,
        "sealing, microseconds a sample": packing / samples * 1e6,
        "two hours of one series": best(lambda: ours.day_of_one(lines[0], metric)) * 1000,
        "latest of all, microseconds a series": latest / count * 1e6,
    }


def best(work: Callable[[], object], rounds: int = 30) -> float:
    """Seconds of the median round; the first two warm it up."""
    spent = []
    for _ in range(rounds + 2):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return median(spent[2:])


if __name__ == "__main__":
    main()
