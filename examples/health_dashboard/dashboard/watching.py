"""The one place that knows how this application is measured and cached."""

import os
from functools import cache
from pathlib import Path

from caching import CacheManager, QueryOptimizer, get_cache_manager
from monitoring import PerformanceMonitor, get_performance_monitor

DATA_DIR = Path(os.environ.get("HEALTH_DATA_DIR", Path(__file__).resolve().parent.parent / "data"))


@cache
def watched() -> PerformanceMonitor:
    """The monitor; at the first call it begins to measure this process."""
    monitor = get_performance_monitor()
    monitor.start_monitoring("dashboard")
    return monitor


@cache
def database() -> QueryOptimizer:
    """One pool of connections for all visitors."""
    manager: CacheManager = get_cache_manager()
    return QueryOptimizer(str(DATA_DIR / "health.sqlite3"), manager, watched(), read_only=True)
