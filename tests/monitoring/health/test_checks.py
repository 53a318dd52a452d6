from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django.fixtures import Settings

from monitoring.clock import to_ms
from monitoring.health.checks import Cpu, Database, Disk, Memory, Migrations, migrations_on_disk
from monitoring.models import Kind, Status
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage
from tests.monitoring.health.outage import database_away

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_a_database_that_answers_is_healthy_and_tells_how_fast() -> None:
    finding = Database(warning_ms=60_000, critical_ms=60_000).find(NOW)
    assert finding.status is Status.HEALTHY
    assert finding.message.startswith("Answers in ")
    assert finding.metadata["round_trip_ms"] >= 0


@pytest.mark.django_db
@pytest.mark.parametrize(("limits", "status"), [((0, 60_000), Status.WARNING), ((0, 0), Status.CRITICAL)])
def test_a_slow_database_is_bad_but_does_not_block_readiness(limits: tuple[float, float], status: Status) -> None:
    finding = Database(*limits).find(NOW)
    assert (finding.status, finding.blocks_readiness) == (status, False)


@pytest.mark.django_db
def test_a_database_that_is_away_is_critical_and_blocks_readiness() -> None:
    with database_away():
        finding = Database().find(NOW)
    assert (finding.status, finding.blocks_readiness) == (Status.CRITICAL, True)
    assert finding.message.startswith("Unreachable: OperationalError: ")
    assert "hunter2" not in finding.message


@pytest.mark.django_db
def test_a_migrated_database_is_healthy() -> None:
    assert Migrations().find(NOW).status is Status.HEALTHY


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_named_and_blocks_readiness() -> None:
    MigrationRecorder(connection).record_unapplied("ahgd_monitoring", "0001_initial")
    finding = Migrations().find(NOW)
    assert (finding.status, finding.blocks_readiness) == (Status.CRITICAL, True)
    assert "ahgd_monitoring.0001_initial" in finding.message
    assert "manage.py migrate" in finding.message


def test_the_migrations_found_are_those_that_django_finds() -> None:
    assert migrations_on_disk() == set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def test_memory_is_judged_by_its_limits() -> None:
    assert Memory(warning_percent=0, critical_percent=101).find(NOW).status is Status.WARNING
    assert Memory(warning_percent=0, critical_percent=0).find(NOW).status is Status.CRITICAL


def test_the_disk_of_the_state_directory_is_judged(settings: Settings) -> None:
    finding = Disk(warning_percent=101, critical_percent=101).find(NOW)
    assert finding.status is Status.HEALTHY
    assert str(settings.STATE_DIR) in finding.message
    assert finding.metadata["usage_percent"] == pytest.approx(psutil.disk_usage(str(settings.STATE_DIR)).percent, abs=5)


def sample(value: float, seconds_ago: float, instance: str) -> Sample:
    key = SeriesKey("cpu_usage_percent", (("instance", instance),), Kind.GAUGE, "system")
    return Sample(key, to_ms(NOW - timedelta(seconds=seconds_ago)), value)


@pytest.mark.django_db
def test_cpu_is_the_mean_of_the_last_two_minutes_of_this_host(settings: Settings) -> None:
    mine, other = settings.INSTANCE, "elsewhere"
    Storage().write([sample(100, 10, mine), sample(70, 60, mine), sample(0, 300, mine), sample(0, 60, other)])
    finding = Cpu().find(NOW)
    assert (finding.status, finding.metadata) == (Status.WARNING, {"usage_percent": 85.0})


@pytest.mark.django_db
@pytest.mark.parametrize("seconds_ago", [[], [300], [59, 30, 0]])
def test_cpu_is_unknown_before_there_is_a_minute_of_samples(settings: Settings, seconds_ago: list[float]) -> None:
    Storage().write([sample(100, seconds, settings.INSTANCE) for seconds in seconds_ago])
    assert Cpu().find(NOW).status is Status.UNKNOWN


@pytest.mark.django_db
def test_cpu_that_is_collected_rarely_is_judged_over_three_intervals(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, collect_seconds=300)
    Storage().write([sample(95, 700, settings.INSTANCE), sample(97, 400, settings.INSTANCE)])
    assert Cpu().find(NOW).status is Status.CRITICAL


def test_cpu_is_the_load_when_nothing_is_collected(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, enable_performance_monitoring=False)
    assert "load of the last minute" in Cpu(warning_percent=101, critical_percent=101).find(NOW).message
