"""What measuring the example's pages costs, and what its cache gives: page times with and without, and hit ratios."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from examples.demo.place import EXAMPLE_DIR, PROJECT_DIR

AREAS = int(os.environ.get("AHGD_BENCH_AREAS", "2400"))
ROUNDS = int(os.environ.get("AHGD_BENCH_ROUNDS", "15"))
MOST_SHARE_PERCENT = 1.0
FLUSH_SECONDS = 5


def visited(directory: Path, has_cache: bool) -> dict[str, Any]:
    """What a process of its own found; it records into a console's database beside the data."""
    variables = {
        "AHGD_CACHING": str(has_cache).lower(),
        "AHGD_STATE_DIR": str(directory),
        "HEALTH_DATA_DIR": str(directory / "data"),
        "PYTHONPATH": str(PROJECT_DIR),
    }
    command = [sys.executable, "-m", "benchmarks.dashboard.visiting", str(ROUNDS)]
    done = subprocess.run(command, cwd=PROJECT_DIR, env=os.environ | variables, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def prepare(directory: Path) -> None:
    generate = [sys.executable, EXAMPLE_DIR / "generate.py", directory / "data", "--areas", str(AREAS)]
    subprocess.run(generate, check=True, stdout=subprocess.DEVNULL)
    variables = os.environ | {"AHGD_STATE_DIR": str(directory)}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=PROJECT_DIR, env=variables, check=True)


def tell(report: Report, without: dict[str, Any], with_cache: dict[str, Any]) -> None:
    for page, seconds in with_cache["pages"].items():
        report.row(f"{page}, without the cache", "floor", without["pages"][page] * 1000, "ms a page")
        report.row(f"{page}, with the cache", "ours", seconds * 1000, "ms a page")
    for tier, ratio in with_cache["hit_ratios"].items():
        report.row(f"hits of the tier {tier}", "ours", ratio * 100, "percent of look-ups", lower_is_better=False)
    report.row("what recording adds to a page", "ours", with_cache["page_seconds"] * 1e6, "us")
    report.row("a flush, aside, every 5 s", "ours", with_cache["flush_seconds"] * 1e6, "us")
    share = with_cache["page_seconds"] / min(with_cache["pages"].values()) * 100
    report.limit(f"recording: at most {MOST_SHARE_PERCENT:g} % of the quickest page", share, MOST_SHARE_PERCENT)
    aside = with_cache["flush_seconds"] / FLUSH_SECONDS * 100
    report.limit(f"flushing: at most {MOST_SHARE_PERCENT:g} % of one core", aside, MOST_SHARE_PERCENT)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-bench-") as name:
        directory = Path(name)
        prepare(directory)
        report = Report("example", "What does watching the example's pages cost, and what does its cache give?")
        without = visited(directory, has_cache=False)
        visited(directory, has_cache=True)
        tell(report, without, visited(directory, has_cache=True))  # a process that finds the files of the one before
    report.save()
    for row in report.rows:
        print(f"{row.label}: {row.value:.2f} {row.unit}")
    for limit in report.limits:
        print("met" if limit.met else "MISSED", limit.text, round(limit.value, 3))


if __name__ == "__main__":
    main()
