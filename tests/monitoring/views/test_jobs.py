from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ahgd_ops.celery import ensure_schedule
from monitoring.leases import acquire, lease
from monitoring.models import CollectorState, Lease
from monitoring.views import jobs
from tests.monitoring.readings import record

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(seconds=20)


@pytest.mark.parametrize(
    ("enabled", "error", "seconds_ago", "level", "word"),
    [
        (True, "", 10, "ok", "on time"),
        (True, "", 60, "ok", "on time"),
        (True, "", 61, "warning", "late"),
        (True, "OSError", 10, "critical", "failed"),
        (True, "", None, "unknown", "never done"),
        (False, "OSError", 9999, "unknown", "switched off"),
    ],
)
def test_what_repeats_is_on_time_until_three_intervals_are_missed(
    enabled: bool, error: str, seconds_ago: float | None, level: str, word: str
) -> None:
    done_at = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    assert jobs.progress(enabled, error, done_at, EVERY, NOW) == (level, word)


@pytest.mark.django_db
def test_workers_of_all_hosts_are_listed_and_one_that_is_gone_is_not_seen() -> None:
    for process, instance, ago in (("worker-1", "b", 600), ("worker-1", "a", 5), ("web-1", "a", 5)):
        at = NOW - timedelta(seconds=ago)
        record("process_resident_memory_bytes", {at: 1.0}, instance=instance, process=process)
    assert [(one.instance, one.state) for one in jobs.workers(NOW)] == [("a", "running"), ("b", "not seen")]


@pytest.mark.django_db
def test_a_job_is_shown_with_its_last_and_next_run_and_its_error() -> None:
    from django_celery_beat.models import PeriodicTask

    ensure_schedule()
    PeriodicTask.objects.filter(name="evaluate").update(last_run_at=NOW)
    with pytest.raises(OSError, match="no such device"), lease("evaluate", seconds=60):
        raise OSError("no such device")
    (shown,) = [one for one in jobs.schedule(NOW) if one.job.name == "evaluate"]
    assert (shown.level, shown.job.sent_at, shown.next_at) == ("critical", NOW, NOW + shown.every)
    assert shown.job.error == "OSError: no such device"


@pytest.mark.django_db
def test_collectors_that_failed_come_first_and_none_tells_a_secret() -> None:
    read = {"finished_at": NOW, "started_at": NOW}
    CollectorState.objects.create(name="cpu", instance="host-a", **read)
    CollectorState.objects.create(name="queues", error="OperationalError: redis://:hunter2@localhost refused", **read)
    CollectorState.objects.create(name="disk", instance="host-a", every_seconds=300, **read)
    found = jobs.collectors(NOW + timedelta(minutes=2))
    assert [(one.row.name, one.state) for one in found] == [("queues", "failed"), ("cpu", "late"), ("disk", "on time")]
    assert "hunter2" not in found[0].error


@pytest.mark.django_db
def test_a_host_that_nobody_looks_after_says_so() -> None:
    now = timezone.now()
    for instance, seconds in (("here", 3600), ("gone", -3600)):
        held = acquire(f"host:{instance}", now, 30)
        assert held is not None
        held.note(0.1)
        Lease.objects.filter(pk=held.name).update(expires_at=now + timedelta(seconds=seconds))
    assert {one.name: one.state for one in jobs.hosts(now)} == {
        "gone": "nobody looks after it",
        "here": "on time",
    }


@pytest.mark.django_db
def test_failed_tasks_of_the_last_day_are_counted() -> None:
    failed = "celery_task_failures_total"
    record(failed, {NOW - timedelta(hours=30): 7.0, NOW - timedelta(hours=3): 2.0, NOW: 1.0}, task="a")
    record(failed, {NOW: 9.0}, task="b")
    assert jobs.failures(NOW) == [("b", 9), ("a", 3)]


@pytest.mark.django_db
def test_the_page_shows_what_is_there_and_says_what_to_do_when_nothing_is(viewer: Client) -> None:
    empty = viewer.get("/ops/jobs/").content.decode()
    assert "No worker answered" in empty
    assert "manage.py up --only worker" in empty
    ensure_schedule()
    now = timezone.now()
    CollectorState.objects.create(name="disk", instance="host-a", error="OSError: no such device", finished_at=now)
    record("celery_queue_length", {now: 12345.0}, queue="evaluate")
    page = viewer.get("/ops/jobs/").content.decode()
    for text in ("OSError: no such device", "on host-a", "12,345", "evaluate", "No task failed"):
        assert text in page


@pytest.mark.django_db
def test_it_is_for_those_who_may_see_metrics(client: Client) -> None:
    from django.contrib.auth.models import User

    client.force_login(User.objects.create_user("nobody"))
    assert client.get("/ops/jobs/").status_code == 403
