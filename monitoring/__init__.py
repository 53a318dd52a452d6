"""Facts: metrics, series, snapshots and health, with one door to write and one to read.

The door is lazy (PEP 562): Django imports this package before its models can be.
"""

from typing import TYPE_CHECKING

from caching.doors import lazy_door

_HOMES = {
    "Held": "monitoring.leases",
    "LeaseLost": "monitoring.leases",
    "PerformanceMonitor": "monitoring.performance",
    "database_now": "monitoring.clock",
    "get_performance_monitor": "monitoring.performance",
    "lease": "monitoring.leases",
    "setup": "monitoring.standalone",
    "track_performance": "monitoring.performance",
    "least_gap_seconds": "monitoring.schedule",
    "overtake": "monitoring.leases",
    "renewed": "monitoring.renewing",
}
__all__ = [*_HOMES]

if TYPE_CHECKING:
    from monitoring.clock import database_now as database_now
    from monitoring.leases import Held as Held
    from monitoring.leases import LeaseLost as LeaseLost
    from monitoring.leases import lease as lease
    from monitoring.leases import overtake as overtake
    from monitoring.performance import PerformanceMonitor as PerformanceMonitor
    from monitoring.performance import get_performance_monitor as get_performance_monitor
    from monitoring.performance import track_performance as track_performance
    from monitoring.renewing import renewed as renewed
    from monitoring.schedule import least_gap_seconds as least_gap_seconds
    from monitoring.standalone import setup as setup
else:
    __getattr__ = lazy_door(__name__, _HOMES)
