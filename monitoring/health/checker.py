"""The guide's door to health: ``get_health_checker()``. Thin, and importable before Django is set up."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from monitoring.health import lifetime

if TYPE_CHECKING:
    from monitoring.health.status import Overall


class HealthChecker:
    """Holds no state. Only ``get_liveness_check`` works without Django's settings."""

    def run_all_checks(self, include_slow_checks: bool = True) -> "Overall":
        """Runs every configured check now, side by side, and records nothing; ``.status.value`` is the worst status."""
        from monitoring.health.running import run_checks

        return run_checks(datetime.now(UTC), include_slow_checks)

    def get_health_endpoint_response(self) -> dict[str, Any]:
        """What /health says, with details."""
        from monitoring.health import answers, watch

        return answers.endpoint_response(watch.glance(), with_details=True)

    def get_readiness_check(self) -> dict[str, Any]:
        """What /health/ready says, with details: ``ready`` and, in ``down``, why not."""
        from monitoring.health import answers, watch

        return answers.readiness(watch.glance(), with_details=True)

    def get_liveness_check(self) -> dict[str, Any]:
        """What /health/live says: ``alive`` is true, or there is no answer."""
        return lifetime.liveness()


@lru_cache(maxsize=1)
def get_health_checker() -> HealthChecker:
    return HealthChecker()
