from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from monitoring.clock import to_ms
from monitoring.host_leases import COLLECT, HEALTH, lease_name
from monitoring.leases import acquire
from monitoring.models import (
    CollectorState,
    HealthCheckState,
    HealthRecord,
    Lease,
    ProcessState,
)
from monitoring.retention import delete_old_health_records, forget_gone_hosts

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)


def forget(step: int) -> list[int]:
    """What each step deleted, until one has nothing to do."""
    return list(iter(lambda: forget_gone_hosts(NOW, step), 0))


def test_transitions_of_health_outlive_other_records() -> None:
    state = HealthCheckState.objects.create(name="database")
    for is_transition in (True, False):
        HealthRecord.objects.create(
            state=state, at=to_ms(NOW - 2 * DAY), status="healthy", duration_ms=1, is_transition=is_transition
        )
    assert delete_old_health_records(NOW, DAY) == 1
    assert HealthRecord.objects.get().is_transition


def test_a_host_that_has_been_away_for_a_week_is_forgotten_and_what_people_set_for_others_stays() -> None:
    for instance, away in (("gone", 8 * DAY), ("here", timedelta(0))):
        acquire(lease_name(COLLECT, instance), NOW - away, seconds=30)
        CollectorState.objects.create(name="disk", instance=instance, enabled=False, started_at=NOW - 8 * DAY)
        HealthCheckState.objects.create(name=f"disk@{instance}", instance=instance)
    CollectorState.objects.create(name="queues", started_at=NOW - 8 * DAY)
    HealthCheckState.objects.create(name="disk")
    acquire(lease_name(HEALTH, "gone"), NOW - 9 * DAY, seconds=30)
    forget(step=2)
    assert list(CollectorState.objects.values_list("name", "instance")) == [("queues", ""), ("disk", "here")]
    assert set(HealthCheckState.objects.values_list("name", flat=True)) == {"disk", "disk@here"}
    assert Lease.objects.get().name == "host-collect:here"


def test_what_processes_of_a_gone_host_said_last_is_forgotten() -> None:
    acquire(lease_name(COLLECT, "gone"), NOW - 8 * DAY, seconds=30)
    for instance, name, ago in (("gone", "web-1", 8 * DAY), ("gone", "web-2", DAY), ("here", "web-1", 8 * DAY)):
        ProcessState.objects.create(instance=instance, name=name, changed_at=NOW - ago, seen_at=NOW - ago)
    forget(step=2)
    assert set(ProcessState.objects.values_list("instance", "name")) == {("gone", "web-2"), ("here", "web-1")}


def test_a_host_that_is_still_checked_or_still_measured_is_not_gone() -> None:
    for job, away in ((COLLECT, 8 * DAY), (HEALTH, timedelta(0))):
        acquire(lease_name(job, "here"), NOW - away, seconds=30)
    assert forget(step=2) == []


def test_a_host_is_forgotten_in_steps_that_are_bounded() -> None:
    acquire(lease_name(HEALTH, "gone"), NOW - 8 * DAY, seconds=30)
    state = HealthCheckState.objects.create(name="disk@gone", instance="gone")
    record = HealthRecord(state=state, at=to_ms(NOW), status="healthy", duration_ms=1)
    HealthRecord.objects.bulk_create([record] * 5)
    assert forget(step=2) == [2, 2, 1, 1, 1]
    assert not HealthCheckState.objects.exists()


def test_the_last_transition_past_its_retention_stays_as_it_says_what_has_been_since(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, health_retention_days=30)
    for name, ages in (("steady", (90, 60)), ("changing", (70, 5))):
        state = HealthCheckState.objects.create(name=name)
        for age in ages:
            HealthRecord.objects.create(
                state=state, at=to_ms(NOW - age * DAY), status="healthy", duration_ms=1, is_transition=True
            )
    assert delete_old_health_records(NOW, DAY) == 1
    kept = HealthRecord.objects.order_by("at").values_list("state__name", "at")
    assert list(kept) == [
        (name, to_ms(NOW - age * DAY)) for name, age in (("changing", 70), ("steady", 60), ("changing", 5))
    ]
    assert delete_old_health_records(NOW, DAY) == 0
