"""How long does a replay take, and the rule form's answer to a keystroke?

The series are random walks of two decimal places, a sample every 15 s, sealed as the console seals them, on SQLite;
cycles are 10 s apart. A rule of one channel replays each, gates included. The form is asked through its view, so that
reading the request, the draft, its saved version and the chart's line are in the time; the network is not.

What is not equal. No other program replays a rule as it would have fired and told; Prometheus' ``promtool tsdb`` and
Grafana's preview give the values of an expression. So there are no peers here, only limits.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.programs.embedded import set_up
from benchmarks.programs.running import end_on_term
from benchmarks.report import Report

WEEK_DAYS = 7
TIMES = 5
ONE = "name == 'replayed_one' and value > 60"
WINDOWS = {
    "avg over 5 min": "avg('replayed_one', '5m') > 55",
    "p95 over 5 min": "p95('replayed_one', '5m') > 60",
    "predict_linear over 1 h": "predict_linear('replayed_one', '1h', '4h') > 70",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what replaying a rule costs.")
    parser.add_argument("--series", type=int, default=100)
    options = parser.parse_args()
    end_on_term()
    with TemporaryDirectory(prefix="ahgd-ops-bench-") as directory:
        set_up(directory)
        report = measure(options.series)
    report.save()
    for row in report.rows:
        print(f"{row.label}: {row.value:.3f} {row.unit}")
    for limit in report.limits:
        print(f"{'met   ' if limit.met else 'MISSED'} {limit.text}: {limit.value:.3f}")


def measure(count: int) -> Report:
    from benchmarks.replaying import ours

    report = Report("replay", "How long does it take to replay a rule?")
    end = ours.fill("replayed_one", 1, WEEK_DAYS)
    ours.fill("replayed_many", count, WEEK_DAYS)

    plain = _seconds(lambda: ours.replayed(ONE, end, WEEK_DAYS))
    report.row("7 days of one series", "ours", plain, "s").limit("7 days of one series: at most 1 s", plain, 1)
    slowest = 0.0
    for name, text in WINDOWS.items():
        taken = _seconds(lambda text=text: ours.replayed(f"name == 'replayed_one' and {text}", end, WEEK_DAYS))
        report.row(f"7 days of one series, {name}", "ours", taken, "s")
        slowest = max(slowest, taken)
    report.limit("7 days of one series with window functions: at most 3 s", slowest, 3)
    many = _seconds(lambda: ours.replayed("name == 'replayed_many' and value > 60", end, WEEK_DAYS), times=1)
    report.row(f"7 days of {count} series", "ours", many, "s")
    report.limit(f"7 days of {count} series: at most 60 s", many, 60)
    form = _seconds(lambda: ours.answered(ONE))
    report.row("form's answer over 24 h", "ours", form * 1000, "ms")
    report.limit("form's answer over 24 h: at most 300 ms", form * 1000, 300)
    return report


def _seconds(run: Callable[[], Any], times: int = TIMES) -> float:
    """The median, after one that is not counted where several are."""
    if times > 1:
        run()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return median(taken)


if __name__ == "__main__":
    main()
