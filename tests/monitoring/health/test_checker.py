import subprocess
import sys

import pytest

from monitoring.health import get_health_checker
from monitoring.models import HealthRecord

SAMPLE = """
from monitoring.health import get_health_checker
status = get_health_checker().get_liveness_check()
exit(0 if status['alive'] else 1)
"""


@pytest.mark.django_db(transaction=True)
def test_the_guides_sample_runs() -> None:
    checker = get_health_checker()
    status = checker.run_all_checks()
    assert status.status.value in ("healthy", "warning", "critical", "unknown")
    assert checker.get_readiness_check()["ready"] is True
    assert {check["name"] for check in checker.get_health_endpoint_response()["checks"]} >= {"database", "disk"}


@pytest.mark.django_db(transaction=True)
def test_running_all_checks_records_nothing() -> None:
    get_health_checker().run_all_checks()
    assert not HealthRecord.objects.exists()


@pytest.mark.once
def test_liveness_needs_no_settings_as_in_the_guides_docker_file() -> None:
    assert subprocess.run([sys.executable, "-c", SAMPLE], check=False).returncode == 0
