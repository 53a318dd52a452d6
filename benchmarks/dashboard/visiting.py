"""Visits the pages in turn with AppTest and prints what they took, as JSON. Takes the number of rounds.

A process of its own: whether there is a cache is settled when it starts (AHGD_CACHING).
"""

import json
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from streamlit.testing.v1 import AppTest

from caching import stats
from examples.demo.place import EXAMPLE_DIR

PAGES = ("Overview", "Trends", "Areas", "Inequality", "Records")
PATIENCE_SECONDS = 120
CALLS = 2000


def visit(rounds: int) -> dict[str, float]:
    """Median seconds of each page, once everything is loaded."""
    app = AppTest.from_file(str(EXAMPLE_DIR / "app.py")).run(timeout=PATIENCE_SECONDS)
    took: dict[str, list[float]] = {page: [] for page in PAGES}
    for _ in range(rounds + 1):
        for page in PAGES:
            app.sidebar.radio(key="page").set_value(page)
            began = perf_counter()
            app.run(timeout=PATIENCE_SECONDS)
            took[page].append(perf_counter() - began)
            assert not app.exception, app.exception
    return {page: median(seconds[1:]) for page, seconds in took.items()}


def instrumentation_seconds() -> tuple[float, float]:
    """What recording adds to one page, with nothing drawn in between; and a flush, on its own thread."""
    from monitoring import get_performance_monitor

    monitor = get_performance_monitor()

    def one_page() -> None:
        monitor.add_custom_metric("dashboard_sessions", 3, "user")
        monitor.track_user_interaction("navigate", "sidebar")
        with monitor.track_page_load("dashboard-bench"):
            for query in ("choices", "years", "conditions", "page"):
                with monitor.track_database_query(query):
                    pass
            monitor.add_custom_metric("dashboard_rows_shown", 100, "application", {"page": "bench"})

    def one_flush() -> None:
        one_page()
        monitor.flush()

    calls = min(_seconds(one_page, CALLS) for _ in range(5)) / CALLS
    return calls, min(_seconds(one_flush, 1) for _ in range(5))


def _seconds(act: Callable[[], object], times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        act()
    return perf_counter() - began


def hit_ratios() -> dict[str, float]:
    return {tier.tier: tier.hits / (tier.hits + tier.misses) for tier in stats.tiers() if tier.hits + tier.misses}


def main() -> None:
    found: dict[str, Any] = {"pages": visit(int(sys.argv[1])), "hit_ratios": hit_ratios()}
    found["page_seconds"], found["flush_seconds"] = instrumentation_seconds()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
