"""What measuring a call costs, and how fast what was measured is stored."""

import gc
import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter

import psutil

from benchmarks.report import Report

CALLS = 200_000
ROUNDS = 9
FLUSHES = 20
SERIES = 5_000
MILLION = 1_000_000


def nothing() -> None:
    """What is measured: a call that does nothing."""


def nanoseconds(function: Callable[[], object], threads: int = 1) -> float:
    """Of one call, each of ``threads`` making its share of them at once."""

    def calls() -> None:
        for _ in range(CALLS // threads):
            function()

    workers = [threading.Thread(target=calls) for _ in range(threads)]
    began = perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return (perf_counter() - began) / CALLS * 1e9


def wrapped(function: Callable[[], None]) -> Callable[..., None]:
    """The floor: a decorator that looks at the clock twice and keeps nothing."""

    def measured(*args: object, **kwargs: object) -> None:
        began = perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            perf_counter() - began

    return measured


def calls(report: Report) -> None:
    from prometheus_client import Histogram

    from monitoring.process import get_recorder
    from monitoring.tracking import timed

    ours = timed("function_duration_seconds", {"function": "nothing"}, errors="function_errors_total")(nothing)
    theirs = Histogram("nothing_seconds", "A call that does nothing.").time()(nothing)
    recorder = get_recorder()

    def with_flushing(threads: int) -> float:
        """What was appended is folded and stored within the measured time."""
        began = perf_counter()
        spent = nanoseconds(ours, threads) * CALLS
        before = perf_counter()
        recorder.flush()
        assert before >= began
        return (spent + (perf_counter() - before) * 1e9) / CALLS

    rounds: dict[str, list[float]] = {
        "bare": [],
        "floor": [],
        "theirs": [],
        "ours": [],
        "ours in 4 threads": [],
        "bare in 4": [],
    }
    floor = wrapped(nothing)
    for _ in range(ROUNDS):  # in turn, so that whatever else the machine does strikes all of them
        rounds["bare"].append(nanoseconds(nothing))
        rounds["floor"].append(nanoseconds(floor))
        rounds["theirs"].append(nanoseconds(theirs))
        rounds["ours"].append(with_flushing(1))
        rounds["bare in 4"].append(nanoseconds(nothing, 4))
        rounds["ours in 4 threads"].append(with_flushing(4))
    best = {name: min(values) for name, values in rounds.items()}  # as timeit: more is other work of the machine
    added = {name: value - best["bare"] for name, value in best.items()}
    in_four = best["ours in 4 threads"] - best["bare in 4"]
    report.row("wrapping alone", "floor", added["floor"], "ns added to a call")
    report.row("prometheus_client Histogram.time()", "peer", added["theirs"], "ns added to a call")
    report.row("timed, flushing included", "ours", added["ours"], "ns added to a call")
    report.row("timed, 4 threads", "ours", in_four, "ns added to a call")
    report.limit("added to a call: at most 0.35 of prometheus_client", added["ours"] / added["theirs"], 0.35)
    report.limit("4 threads: at most 1.5 of one thread", in_four / added["ours"], 1.5)


def flushing(report: Report, directory: Path) -> None:
    from monitoring.gathering import Gathering
    from monitoring.kinds import Kind
    from monitoring.limits import Limits
    from monitoring.samples import Sample, SeriesKey
    from monitoring.storage import Storage

    storage = Storage(Limits({"bench_gauge": SERIES, "bench_timing": SERIES}))

    def samples(name: str, kind: Kind, at_ms: int) -> list[Sample]:
        found = []
        for number in range(SERIES):
            one = Gathering(SeriesKey(name, (("n", str(number)),), kind))
            for part in range(8):
                one.add(0.001 * (part + 1) * (number % 7 + 1))
            sample = one.take(at_ms)
            assert sample is not None
            found.append(sample)
        return found

    def rate(name: str, kind: Kind) -> float:
        storage.write(samples(name, kind, 0))  # the series are made
        speeds = []
        for at_ms in range(1, FLUSHES + 1):
            batch = samples(name, kind, at_ms)
            gc.collect()
            began = perf_counter()
            storage.write(batch)
            speeds.append(SERIES / (perf_counter() - began))
        return max(speeds)  # less is other work of the machine

    gauges, timings = rate("bench_gauge", Kind.GAUGE), rate("bench_timing", Kind.TIMING)
    report.row("sqlite3 executemany, insert and update", "floor", _floor(directory), "series/s", lower_is_better=False)
    report.row("flush of gauges and counters", "ours", gauges, "series/s", lower_is_better=False)
    report.row("flush of timings with sketches", "ours", timings, "series/s", lower_is_better=False)
    slower = min(gauges, timings)
    report.limit("flushing at least 35 000 series values a second on SQLite", slower, 35_000, at_least=True)


def _floor(directory: Path) -> float:
    """The same rows and updates, without anything around them."""
    with closing(sqlite3.connect(directory / "floor.sqlite3")) as database:
        database.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE latest (id INTEGER PRIMARY KEY, value REAL, at INTEGER);"
            "CREATE TABLE snapshot (id INTEGER PRIMARY KEY, series INTEGER, at INTEGER, value REAL);"
            "CREATE INDEX one ON snapshot (series, at);"
        )
        database.executemany("INSERT INTO latest VALUES (?, 0, 0)", [(number,) for number in range(SERIES)])
        database.commit()
        speeds = []
        for at_ms in range(ROUNDS):
            began = perf_counter()
            database.executemany(
                "INSERT INTO snapshot (series, at, value) VALUES (?, ?, ?)",
                [(number, at_ms, 1.0) for number in range(SERIES)],
            )
            database.executemany(
                "UPDATE latest SET value = ?, at = ? WHERE id = ?", [(1.0, at_ms, number) for number in range(SERIES)]
            )
            database.commit()
            speeds.append(SERIES / (perf_counter() - began))
    return max(speeds)


def memory(report: Report) -> None:
    """A million values with a thousand sets of tags, and as many with tags that never repeat."""
    from monitoring import get_performance_monitor

    monitor = get_performance_monitor()
    process = psutil.Process()

    def record(name: str, sets: int) -> None:
        for number in range(MILLION):
            monitor.add_custom_metric(name, 1.0, tags={"n": number % sets})

    record("bench_tags", 1000)
    monitor.flush()
    gc.collect()
    before = process.memory_info().rss
    record("bench_tags", 1000)
    record("bench_boundless", MILLION)
    monitor.flush()
    gc.collect()
    grown_mib = (process.memory_info().rss - before) / 2**20
    report.row("a million calls with a thousand tag sets, and a million without limit", "ours", grown_mib, "MiB grown")
    report.limit("memory: grown by at most 16 MiB", grown_mib, 16)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-bench-") as name:
        os.environ["AHGD_STATE_DIR"] = name
        import monitoring

        monitoring.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        report = Report("instrument", "What does measuring a call cost, and how fast is it stored?")
        calls(report)
        flushing(report, Path(name))
        memory(report)
        monitoring.get_performance_monitor().stop_monitoring()
        report.save()
        for row in report.rows:
            print(f"{row.label}: {row.value:.0f} {row.unit}")
        for limit in report.limits:
            print("met" if limit.met else "MISSED", limit.text, round(limit.value, 2))


if __name__ == "__main__":
    main()
