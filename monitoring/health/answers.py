"""What health endpoints say, as one JSON object each; docs/reference/health.md describes the fields."""

from typing import Any

from django.conf import settings

from monitoring.health.lifetime import is_draining, liveness
from monitoring.health.status import Overall, Result
from monitoring.models import Status


def endpoint_response(overall: Overall, with_details: bool) -> dict[str, Any]:
    """The answer of /health; ``checks`` only with details."""
    return _answer(overall, _down(overall), with_details)


def readiness(overall: Overall, with_details: bool) -> dict[str, Any]:
    """The answer of /health/ready: as above, and ``down`` names what keeps this process from serving."""
    down = _down(overall)
    return _answer(overall, down, with_details) | {"down": down}


def is_serving(overall: Overall) -> bool:
    """Whether /health is a 200: unknown is not known to be bad."""
    return overall.status is not Status.CRITICAL


def _answer(overall: Overall, down: list[str], with_details: bool) -> dict[str, Any]:
    answer = {**liveness(), "status": overall.status.value, "ready": not down}
    return answer | {"checks": [_check(result) for result in overall.results]} if with_details else answer


def _down(overall: Overall) -> list[str]:
    """Which of ``AHGD_READINESS_CHECKS`` are bad: critical, or what they themselves say keeps from serving."""
    wanted = settings.CONFIG.readiness_checks
    bad = ["draining", *overall.barriers] if is_draining() else overall.barriers
    return [name for name in bad if name in wanted]


def _check(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "status": result.status.value,
        "message": result.finding.message,
        "duration_ms": round(result.duration_ms, 2),
        "timestamp": None if result.at is None else result.at.isoformat(),
        "metadata": dict(result.finding.metadata),
    }
