import pytest
from celery import current_app
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from ahgd_ops.celery import app, ensure_schedule, schedule
from monitoring.schedule import interval_seconds

pytestmark = pytest.mark.django_db


def test_every_row_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    assert {row.task for row in schedule()} <= set(current_app.tasks)


def test_missing_rows_are_made_with_an_expiry() -> None:
    ensure_schedule()
    rows = {task.name: task for task in PeriodicTask.objects.all()}
    assert {row.name for row in schedule()} <= set(rows)
    assert (rows["evaluate"].interval.every, rows["evaluate"].expire_seconds) == (10, 10)


def test_an_edited_interval_survives_the_next_start() -> None:
    ensure_schedule()
    slower, _ = IntervalSchedule.objects.get_or_create(every=3, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.filter(name="collect").update(interval=slower)
    ensure_schedule()
    assert interval_seconds("collect", 10) == 180


def test_an_interval_without_a_row_is_the_default() -> None:
    assert interval_seconds("nobody", 7) == 7
