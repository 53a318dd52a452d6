import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from ahgd_ops.celery import ensure_schedule
from monitoring.schedule import LONGEST_SECONDS, interval_seconds, pace_seconds
from tests.checkout import PROJECT_DIR
from tests.journeys.test_recording import database_url

PROGRAM = """
from monitoring import setup
setup()
from monitoring.schedule import pace_seconds
print(pace_seconds("collect", 10))
"""
Edit = Callable[[], object]


def pace_in_a_program(**variables: str) -> str:
    """What a program without Django settings makes of the job ``collect``."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT_DIR), **variables}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, cwd=PROJECT_DIR, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def slow_down(every: int, period: str) -> None:
    slower, _ = IntervalSchedule.objects.get_or_create(every=every, period=period)
    PeriodicTask.objects.filter(name="collect").update(interval=slower)


def switch_off() -> None:
    PeriodicTask.objects.filter(name="collect").update(enabled=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("edit", "said"), [(lambda: slow_down(5, IntervalSchedule.MINUTES), "300.0"), (switch_off, "None")]
)
def test_a_program_that_only_records_keeps_to_the_consoles_schedule(edit: Edit, said: str) -> None:
    ensure_schedule()
    edit()
    assert pace_in_a_program(DATABASE_URL=database_url()) == said


def test_without_a_console_beside_it_a_program_has_its_own_interval(tmp_path: Path) -> None:
    assert pace_in_a_program(AHGD_STATE_DIR=str(tmp_path)) == "10"


@pytest.mark.django_db
def test_an_interval_beyond_all_times_is_a_year() -> None:
    ensure_schedule()
    slow_down(2**31 - 1, IntervalSchedule.DAYS)
    assert pace_seconds("collect", 10) == interval_seconds("collect", 10) == LONGEST_SECONDS


@pytest.mark.django_db
def test_without_a_row_the_first_interval_counts() -> None:
    assert pace_seconds("collect", 10) == 10
