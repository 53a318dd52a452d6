"""The guide's samples of health run, with their imports changed to this project's names."""

import io
import re
import subprocess
import sys
from contextlib import redirect_stdout

import pytest

from tests.checkout import PROJECT_DIR

ENDPOINTS = """
from src.performance.health import get_health_checker

health_checker = get_health_checker()

# Get health status
status = health_checker.run_all_checks()
print(f"Overall status: {status.status.value}")

# Get endpoint responses
health_response = health_checker.get_health_endpoint_response()
readiness_response = health_checker.get_readiness_check()
"""
DOCKER_HEALTHCHECK = """from src.performance.health import get_health_checker; \
                 hc = get_health_checker(); \
                 status = hc.get_liveness_check(); \
                 exit(0 if status['alive'] else 1)"""


def translated(sample: str) -> str:
    return sample.replace("src.performance.health", "monitoring.health")


@pytest.mark.django_db(transaction=True)
def test_health_endpoints() -> None:
    names: dict[str, object] = {}
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(translated(ENDPOINTS), "<the guide>", "exec"), names)  # noqa: S102  (the sample above)
    assert re.fullmatch(r"Overall status: (healthy|warning|critical|unknown)\n", printed.getvalue())
    health, readiness = names["health_response"], names["readiness_response"]
    assert isinstance(health, dict)
    assert isinstance(readiness, dict)
    assert health.keys() >= {"status", "ready", "alive", "uptime_seconds", "checks"}
    first = health["checks"][0]
    assert first.keys() == {"name", "status", "message", "duration_ms", "timestamp", "metadata"}
    assert {check["name"] for check in health["checks"]} >= {"database", "disk"}
    assert (readiness["ready"], readiness["down"]) == (True, [])


@pytest.mark.once
def test_docker_health_check() -> None:
    command = [sys.executable, "-W", "error", "-c", translated(DOCKER_HEALTHCHECK)]
    assert subprocess.run(command, cwd=PROJECT_DIR, check=False).returncode == 0
