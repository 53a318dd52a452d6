"""The guide's door to health: ``get_health_checker()``. Thin, and importable before Django is set up."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from monitoring.health import lifetime

if TYPE_CHECKING:
    from monitoring.health.status import Overall


class HealthChecker:
    """Holds no state. All but ``get_liveness_check`` raises ImproperlyConfigured without the console's settings."""

    def run_all_checks(self, include_slow_checks: bool = True) -> "Overall":
        """Runs every configured check now, side by side, and records nothing; ``.status.value`` is the worst status."""
        _require_console()
        from monitoring.health.running import run_checks

        return run_checks(datetime.now(UTC), include_slow_checks)

    def get_health_endpoint_response(self) -> dict[str, Any]:
        """What /health says, with details."""
        _require_console()
        from monitoring.health import answers, watch

        return answers.endpoint_response(watch.glance(), with_details=True)

    def get_readiness_check(self) -> dict[str, Any]:
        """What /health/ready says, with details: ``ready`` and, in ``down``, why not."""
        _require_console()
        from monitoring.health import answers, watch

        return answers.readiness(watch.glance(), with_details=True)

    def get_liveness_check(self) -> dict[str, Any]:
        """What /health/live says: ``alive`` is true, or there is no answer."""
        return lifetime.liveness()


def _require_console() -> None:
    """A program that only records has settings, too, but not those of checks."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    if not hasattr(settings, "HEALTH_CHECKS"):
        raise ImproperlyConfigured(
            "Health checks need the console's settings: set DJANGO_SETTINGS_MODULE=ahgd_ops.settings and call "
            "django.setup() first, or ask the console's /health over HTTP."
        )


@lru_cache(maxsize=1)
def get_health_checker() -> HealthChecker:
    return HealthChecker()
