from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from monitoring.health.signs import Beat, Worker
from monitoring.models import Lease, Status

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOW - timedelta(seconds=seconds)


def scheduled(name: str, every: int, sent: float | None, enabled: bool = True) -> None:
    interval, _ = IntervalSchedule.objects.get_or_create(every=every, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name=name, task=name, interval=interval, enabled=enabled)
    PeriodicTask.objects.filter(name=name).update(last_run_at=ago(sent))


def worked(name: str, finished: float | None, error: str = "", started: float | None = None) -> None:
    Lease.objects.create(
        name=name, expires_at=NOW, free_at=NOW, started_at=ago(started), finished_at=ago(finished), error=error
    )


@pytest.mark.parametrize(
    ("every", "sent", "status"),
    [
        (10, 4, Status.HEALTHY),
        (10, 30, Status.HEALTHY),
        (10, 31, Status.CRITICAL),
        (60, 180, Status.HEALTHY),
        (60, 181, Status.CRITICAL),
        (1, 29, Status.HEALTHY),
        (10, None, Status.CRITICAL),
    ],
)
def test_beat_is_overdue_after_three_of_its_shortest_intervals(every: int, sent: float | None, status: Status) -> None:
    scheduled("collect", every, sent)
    scheduled("retention", 3600, 3000)
    assert Beat(grace_seconds=0).find(NOW).status is status


def test_one_task_that_beat_sent_lately_is_enough() -> None:
    scheduled("collect", 10, None)
    scheduled("evaluate", 10, 3)
    assert Beat(grace_seconds=0).find(NOW).status is Status.HEALTHY


@pytest.mark.parametrize("sent", [None, 86400])
def test_while_the_process_is_young_an_overdue_beat_is_only_starting(sent: float | None) -> None:
    scheduled("collect", 10, sent)
    finding = Beat(grace_seconds=1e9).find(NOW)
    assert finding.status is Status.UNKNOWN
    assert finding.message.startswith("Starting.")


def test_a_disabled_task_says_nothing_about_beat() -> None:
    scheduled("collect", 10, 500, enabled=False)
    assert Beat(grace_seconds=0).find(NOW).message == "Nothing is scheduled"


@pytest.mark.parametrize(("finished", "status"), [(8, Status.HEALTHY), (31, Status.CRITICAL), (None, Status.CRITICAL)])
def test_a_worker_is_overdue_when_it_finishes_nothing_that_is_sent(finished: float | None, status: Status) -> None:
    scheduled("collect", 10, 1)
    worked("collect", finished)
    assert Worker(grace_seconds=0).find(NOW).status is status


def test_a_worker_that_was_sent_nothing_is_not_to_blame() -> None:
    scheduled("collect", 10, 300)
    worked("collect", 299)
    finding = Worker(grace_seconds=0).find(NOW)
    assert finding.status is Status.UNKNOWN
    assert finding.message.startswith("Idle, nothing was sent.")


def test_a_worker_whose_task_failed_is_a_warning_with_the_reason() -> None:
    scheduled("collect", 10, 1)
    scheduled("evaluate", 10, 1)
    worked("collect", 500, error="OSError: password=hunter2 refused", started=2)
    worked("evaluate", 2)
    finding = Worker(grace_seconds=0).find(NOW)
    assert finding.status is Status.WARNING
    assert finding.message == "collect failed: OSError: password=*** refused"


def test_a_worker_that_only_fails_is_at_work() -> None:
    scheduled("collect", 10, 1)
    worked("collect", None, error="OSError", started=2)
    assert Worker(grace_seconds=0).find(NOW).status is Status.WARNING


def test_work_that_is_switched_off_is_not_expected(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, enable_performance_monitoring=False)
    scheduled("collect", 10, 1)
    scheduled("health", 30, 1)
    worked("collect", 900)
    worked("health", 80)
    assert Worker(grace_seconds=0).find(NOW).status is Status.HEALTHY


def test_a_worker_without_work_is_unknown() -> None:
    assert Worker(grace_seconds=0).find(NOW).message == "No work is scheduled"


def test_a_young_process_waits_for_its_worker() -> None:
    scheduled("collect", 10, 1)
    assert Worker(grace_seconds=1e9).find(NOW).status is Status.UNKNOWN
