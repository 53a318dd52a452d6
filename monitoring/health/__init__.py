"""Health: checks with a memory. ``current`` reads the state, ``run_and_record`` makes it, ``Check`` is what to extend.

The door is lazy (PEP 562): Django imports this package before its models can be.
"""

from typing import TYPE_CHECKING

from caching.doors import lazy_door

_HOMES = {
    "Check": "monitoring.health.base",
    "Finding": "monitoring.health.status",
    "GRACE_SECONDS": "monitoring.health.jobs",
    "HealthChecker": "monitoring.health.checker",
    "Job": "monitoring.health.jobs",
    "Overall": "monitoring.health.status",
    "Result": "monitoring.health.status",
    "Status": "monitoring.models",
    "checks_with_instance": "monitoring.health.exclusions",
    "count_again": "monitoring.health.exclusions",
    "current": "monitoring.health.watch",
    "drain": "monitoring.health.lifetime",
    "exclude": "monitoring.health.exclusions",
    "get_health_checker": "monitoring.health.checker",
    "glance": "monitoring.health.watch",
    "is_known_to_be_away": "monitoring.health.watch",
    "judge_sign": "monitoring.health.jobs",
    "look_again": "monitoring.health.watch",
    "read_jobs": "monitoring.health.jobs",
    "run_and_record": "monitoring.health.running",
    "span": "monitoring.health.times",
    "uptime_seconds": "monitoring.health.lifetime",
}
__all__ = [*_HOMES]

if TYPE_CHECKING:
    from monitoring.health.base import Check as Check
    from monitoring.health.checker import HealthChecker as HealthChecker
    from monitoring.health.checker import get_health_checker as get_health_checker
    from monitoring.health.exclusions import checks_with_instance as checks_with_instance
    from monitoring.health.exclusions import count_again as count_again
    from monitoring.health.exclusions import exclude as exclude
    from monitoring.health.jobs import GRACE_SECONDS as GRACE_SECONDS
    from monitoring.health.jobs import Job as Job
    from monitoring.health.jobs import judge_sign as judge_sign
    from monitoring.health.jobs import read_jobs as read_jobs
    from monitoring.health.lifetime import drain as drain
    from monitoring.health.lifetime import uptime_seconds as uptime_seconds
    from monitoring.health.running import run_and_record as run_and_record
    from monitoring.health.status import Finding as Finding
    from monitoring.health.status import Overall as Overall
    from monitoring.health.status import Result as Result
    from monitoring.health.times import span as span
    from monitoring.health.watch import current as current
    from monitoring.health.watch import glance as glance
    from monitoring.health.watch import is_known_to_be_away as is_known_to_be_away
    from monitoring.health.watch import look_again as look_again
    from monitoring.models import Status as Status
else:
    __getattr__ = lazy_door(__name__, _HOMES)
