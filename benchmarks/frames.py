"""What a frame of a million health records takes before and after, and how long making it smaller lasts.

The peer is ``astype("category")``, applied to the columns of texts that repeat and to no other: what anybody would do.
"""

import gc
import os
from time import perf_counter
from typing import Any

import pandas as pd

from benchmarks.data.health_records import SEED, health_records
from benchmarks.report import Report
from caching import optimize_dataframe_memory

ROWS = int(os.environ.get("AHGD_BENCH_ROWS", "1000000"))
ROUNDS = 7
MOST_OF_STR, MOST_OF_OBJECTS, MOST_TIME = 0.42, 0.18, 1.5


def frame_bytes(df: pd.DataFrame) -> int:
    return int(df.memory_usage(deep=True).sum())


def seconds(df: pd.DataFrame) -> tuple[float, float]:
    """Of the peer and of ours, the best of several rounds taken in turn."""
    repeated = [str(name) for name, dtype in optimize_dataframe_memory(df).dtypes.items() if dtype == "category"]
    theirs: list[float] = []
    ours: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        began = perf_counter()
        df.astype(dict.fromkeys(repeated, "category"))
        theirs.append(perf_counter() - began)
        began = perf_counter()
        optimize_dataframe_memory(df)
        ours.append(perf_counter() - began)
    return min(theirs), min(ours)


def check_exact(before: pd.DataFrame, after: pd.DataFrame) -> None:
    for name, dtype in before.dtypes.items():
        pd.testing.assert_series_equal(after[name].astype(dtype), before[name])


def as_objects(df: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name, dtype in df.dtypes.items() if dtype == "str"]
    return df.astype(dict.fromkeys(texts, object))


def measure(report: Report, label: str, df: pd.DataFrame, most_memory: float) -> None:
    optimized: Any = optimize_dataframe_memory(df)
    check_exact(df, optimized)
    before, after = frame_bytes(df), frame_bytes(optimized)
    theirs, ours = seconds(df)
    report.row(f"{label}: as made", "floor", before / 1e6, "MB")
    report.row(f"{label}: optimised", "ours", after / 1e6, "MB")
    report.row(f"{label}: astype('category') alone", "peer", theirs * 1000, "ms")
    report.row(f"{label}: optimize_dataframe_memory", "ours", ours * 1000, "ms")
    report.limit(f"{label}, exact: at most {most_memory} of the memory", after / before, most_memory)
    report.limit(f"{label}: at most {MOST_TIME} of the time of astype('category')", ours / theirs, MOST_TIME)


def main() -> None:
    df = health_records(ROWS)
    report = Report("frames", f"How small do {ROWS:,} health records of 15 columns get (seed {SEED})?")
    measure(report, "pandas 3 strings", df, MOST_OF_STR)
    measure(report, "object strings", as_objects(df), MOST_OF_OBJECTS)
    report.save()
    for row in report.rows:
        print(f"{row.label}: {row.value:.1f} {row.unit}")
    for limit in report.limits:
        print("met" if limit.met else "MISSED", limit.text, round(limit.value, 3))


if __name__ == "__main__":
    main()
