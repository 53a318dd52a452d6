"""When a check is due, and how long it may be silent: by its own interval and that of the rounds."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings

from monitoring.health.base import Check
from monitoring.models import HealthCheckState
from monitoring.schedule import MISSED_INTERVALS, interval_seconds

LATE_SECONDS = 5.0  # a round is not overdue before this: with the default interval a result is fresh for 35 s


def round_seconds() -> float:
    return interval_seconds("health", settings.CONFIG.health_check_interval_seconds)


def fresh_seconds(check: Check, every_round_seconds: float) -> float:
    """How long a result of the check is taken for the present."""
    waits = check.every_seconds + check.timeout.total_seconds() if check.every_seconds > every_round_seconds else 0.0
    return waits + every_round_seconds + LATE_SECONDS


def silence_seconds(check: Check, every_round_seconds: float) -> float:
    """From when on the time between two results is an outage of the console's own, and not of what is checked."""
    return fresh_seconds(check, every_round_seconds) + (MISSED_INTERVALS - 1) * every_round_seconds


def are_due(checks: Iterable[Check], now: datetime, is_held: Callable[[str], bool]) -> list[Check]:
    """Those whose interval is over, give or take half a round, and those that have a result which nobody read."""
    checked_at = dict(HealthCheckState.objects.values_list("name", "checked_at"))
    early = timedelta(seconds=round_seconds() / 2)
    due_at = {name: at - early for name, at in checked_at.items() if at is not None}

    def is_due(check: Check) -> bool:
        last = due_at.get(check.name)
        return last is None or last > now or now >= last + timedelta(seconds=check.every_seconds) or is_held(check.name)

    return [check for check in checks if not check.every_seconds or is_due(check)]
