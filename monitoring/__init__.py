"""Facts: metrics, series, snapshots and health, with one door to write and one to read.

The door is lazy (PEP 562): Django imports this package before its models can be.
"""

from typing import TYPE_CHECKING

<<<<<<< HEAD
if TYPE_CHECKING:
    from monitoring.clock import database_now as database_now
    from monitoring.leases import Held as Held
    from monitoring.leases import LeaseLost as LeaseLost
    from monitoring.leases import lease as lease
    from monitoring.performance import PerformanceMonitor as PerformanceMonitor
    from monitoring.performance import get_performance_monitor as get_performance_monitor
    from monitoring.performance import track_performance as track_performance
    from monitoring.schedule import least_gap_seconds as least_gap_seconds
    from monitoring.standalone import setup as setup
=======
from caching.doors import lazy_door
>>>>>>> main

_HOMES = {
    "Held": "monitoring.leases",
    "LeaseLost": "monitoring.leases",
    "PerformanceMonitor": "monitoring.performance",
    "database_now": "monitoring.clock",
    "get_performance_monitor": "monitoring.performance",
    "lease": "monitoring.leases",
    "least_gap_seconds": "monitoring.schedule",
    "setup": "monitoring.standalone",
    "track_performance": "monitoring.performance",
}
__all__ = [*_HOMES]

<<<<<<< HEAD
__all__ = [
    "Held",
    "LeaseLost",
    "PerformanceMonitor",
    "database_now",
    "get_performance_monitor",
    "lease",
    "least_gap_seconds",
    "setup",
    "track_performance",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'monitoring' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
=======
if TYPE_CHECKING:
    from monitoring.clock import database_now as database_now
    from monitoring.leases import Held as Held
    from monitoring.leases import LeaseLost as LeaseLost
    from monitoring.leases import lease as lease
    from monitoring.performance import PerformanceMonitor as PerformanceMonitor
    from monitoring.performance import get_performance_monitor as get_performance_monitor
    from monitoring.schedule import least_gap_seconds as least_gap_seconds
else:
    __getattr__ = lazy_door(__name__, _HOMES)
>>>>>>> main
