from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from ahgd_ops.celery import ensure_schedule
from monitoring.host_leases import COLLECT, HEALTH, lease_name
from monitoring.leases import acquire, lease
from monitoring.models import CollectorState, Lease
from monitoring.views import jobs
from tests.monitoring.readings import record

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(seconds=20)


def every(number: int, period: str = IntervalSchedule.SECONDS) -> IntervalSchedule:
    return IntervalSchedule.objects.get_or_create(every=number, period=period)[0]


def look_after(instance: str, job: str, until: datetime, error: str = "") -> None:
    """A round of the host, just made; its lease ends at ``until``."""
    held = acquire(lease_name(job, instance), timezone.now(), 30)
    assert held is not None
    held.note(0.1)
    Lease.objects.filter(pk=held.name).update(expires_at=until, error=error)


@pytest.mark.parametrize(
    ("enabled", "error", "seconds_ago", "level", "word"),
    [
        (True, "", 10, "ok", "on time"),
        (True, "", 60, "ok", "on time"),
        (True, "", 61, "warning", "late"),
        (True, "", -3, "ok", "on time"),
        (True, "", -3600, "warning", "late"),
        (True, "OSError", 10, "critical", "failed"),
        (True, "", None, "unknown", "never done"),
        (False, "OSError", 9999, "unknown", "switched off"),
    ],
)
def test_what_repeats_is_on_time_until_three_intervals_are_missed(
    enabled: bool, error: str, seconds_ago: float | None, level: str, word: str
) -> None:
    done_at = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    assert jobs.progress(enabled, error, done_at, EVERY, NOW) == jobs.Progress(level, word)


@pytest.mark.django_db
def test_workers_of_all_hosts_are_listed_and_one_that_is_gone_is_not_seen() -> None:
    for process, instance, ago in (("worker-1", "b", 600), ("worker-1", "a", 5), ("web-1", "a", 5)):
        at = NOW - timedelta(seconds=ago)
        record("process_resident_memory_bytes", {at: 1.0}, instance=instance, process=process)
    assert [(one.instance, one.state) for one in jobs.workers(NOW)] == [("a", "running"), ("b", "not seen")]


@pytest.mark.django_db
def test_with_a_long_interval_a_worker_is_not_gone_before_three_are_over(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, collect_seconds=60)
    for name, ago in (("worker-1", 170), ("worker-2", 190)):
        at = NOW - timedelta(seconds=ago)
        record("process_resident_memory_bytes", {at: 1.0}, instance="a", process=name)
    assert [(one.name, one.state) for one in jobs.workers(NOW)] == [("worker-1", "running"), ("worker-2", "not seen")]


@pytest.mark.django_db
def test_what_is_switched_off_in_the_settings_is_neither_late_nor_left_alone(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, enable_performance_monitoring=False, enable_health_checks=False)
    now = timezone.now()
    for job in (COLLECT, HEALTH):
        look_after("a", job, now - timedelta(hours=1))
    CollectorState.objects.create(name="queues", finished_at=now - timedelta(hours=1))
    assert [one.state for one in jobs.hosts(now)] == ["switched off"] * 2
    assert [one.state for one in jobs.collectors(now)] == ["switched off"]


@pytest.mark.django_db
def test_without_a_row_in_the_schedule_collectors_are_late_by_the_interval_of_the_settings(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, collect_seconds=100)
    CollectorState.objects.create(name="cpu", instance="a", finished_at=NOW)
    found = [jobs.collectors(NOW + timedelta(seconds=seconds)) for seconds in (299, 301)]
    assert [one.state for (one,) in found] == ["on time", "late"]


@pytest.mark.django_db
def test_a_job_is_shown_with_its_last_and_next_run_and_its_error() -> None:
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
    for instance, hours in (("here", 1), ("gone", -1), ("replaced", -25)):
        look_after(instance, COLLECT, now + timedelta(hours=hours))
    assert {one.name: one.state for one in jobs.hosts(now)} == {
        "gone": "nobody looks after it",
        "here": "on time",
    }


@pytest.mark.django_db
def test_a_hosts_rounds_are_late_by_their_own_interval_and_each_keeps_its_error() -> None:
    ensure_schedule()
    PeriodicTask.objects.filter(name="collect").update(interval=every(60))
    PeriodicTask.objects.filter(name="health").update(interval=every(300), enabled=False)
    now = timezone.now()
    for job, error in ((COLLECT, ""), (HEALTH, "OSError")):
        look_after("a", job, now + timedelta(hours=1), error)
        look_after("b", job, now + timedelta(hours=1))
    later = now + timedelta(seconds=150)
    assert [(one.job, one.state) for one in jobs.hosts(later)] == [
        ("collect", "on time"), ("health", "switched off"), ("collect", "on time"), ("health", "switched off"),
    ]  # fmt: skip
    PeriodicTask.objects.filter(name="health").update(enabled=True)
    assert [one.state for one in jobs.hosts(later)] == ["on time", "failed", "on time", "on time"]
    assert {one.state for one in jobs.hosts(later + timedelta(seconds=60)) if one.job == COLLECT} == {"late"}


@pytest.mark.django_db
def test_why_a_hosts_round_failed_is_told_without_secrets() -> None:
    now = timezone.now()
    look_after("a", COLLECT, now + timedelta(hours=1), "OperationalError: redis://:hunter2@localhost refused")
    (shown,) = jobs.hosts(now)
    assert shown.error == "OperationalError: redis://***@localhost refused"


@pytest.mark.django_db
def test_collectors_of_hosts_that_were_replaced_are_not_listed() -> None:
    now = timezone.now()
    for instance, minutes in (("here", 1), ("restarting", -30), ("replaced", -61)):
        look_after(instance, COLLECT, now + timedelta(minutes=minutes))
        CollectorState.objects.create(name="cpu", instance=instance, finished_at=now)
    CollectorState.objects.create(name="queues", finished_at=now)
    assert {one.row.instance for one in jobs.collectors(now)} == {"", "here", "restarting"}


@pytest.mark.django_db
def test_an_interval_without_end_breaks_no_page(viewer: Client) -> None:
    ensure_schedule()
    PeriodicTask.objects.filter(name="collect").update(interval=every(2**31 - 1, IntervalSchedule.DAYS))
    PeriodicTask.objects.filter(name="collect").update(last_run_at=timezone.now())
    look_after("here", COLLECT, timezone.now() + timedelta(minutes=1))
    assert viewer.get("/ops/jobs/").status_code == 200


@pytest.mark.django_db
def test_failed_tasks_of_the_last_day_are_counted() -> None:
    failed = "celery_task_failures_total"
    record(failed, {NOW - timedelta(hours=30): 7.0, NOW - timedelta(hours=3): 2.0, NOW: 1.0}, task="a")
    record(failed, {NOW: 9.0}, task="b")
    assert jobs.failures(NOW) == [("b", 9), ("a", 3)]


@pytest.mark.django_db
def test_the_page_shows_what_is_there_and_says_what_to_do_when_nothing_is(viewer: Client) -> None:
    empty = viewer.get("/ops/jobs/").content.decode()
    assert "No worker has reported in the last day" in empty
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
