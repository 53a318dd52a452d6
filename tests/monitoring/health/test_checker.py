import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitoring.health import get_health_checker
from monitoring.models import HealthRecord
from tests.checkout import PROJECT_DIR


@pytest.mark.django_db(transaction=True)
def test_running_all_checks_gives_the_worst_of_them_and_records_nothing() -> None:
    status = get_health_checker().run_all_checks()
    assert status.status.value in ("healthy", "warning", "critical", "unknown")
    assert not HealthRecord.objects.exists()


@pytest.mark.once
def test_a_program_that_only_records_is_told_what_checks_need(tmp_path: Path) -> None:
    script = """
from monitoring import standalone
from monitoring.health import get_health_checker
standalone.setup()
assert get_health_checker().get_liveness_check()
get_health_checker().get_readiness_check()
"""
    environment = {"PATH": os.environ["PATH"], "AHGD_STATE_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert "ImproperlyConfigured: Health checks need the console's settings: set DJANGO_SETTINGS_MODULE" in ended.stderr
