from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from ahgd_ops.celery import app, schedule
from monitoring import series, tasks
from monitoring.clock import database_now, to_ms
from monitoring.collecting import Collecting
from monitoring.models import Kind, Lease, MetricSnapshot
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def new_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its application is the console's, and it has met no series yet, as the database of each test has none."""
    app.set_current()
    monkeypatch.setattr(tasks, "_collecting", Collecting())


def test_collecting_stores_what_hosts_share_once_and_of_no_host() -> None:
    for _ in range(2):
        tasks.collect_shared()
    (sessions,) = series.latest("active_sessions")
    assert (sessions.value, sessions.tags) == (0, {})
    assert MetricSnapshot.objects.filter(series__metric__name="active_sessions").count() == 1
    assert series.latest("celery_workers")


def test_while_monitoring_is_off_nothing_is_collected(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, enable_performance_monitoring=False)
    tasks.collect_shared()
    assert not Lease.objects.exists()


def test_what_is_past_its_retention_goes() -> None:
    long_ago = to_ms(database_now() - timedelta(days=400))
    Storage().write([Sample(SeriesKey("cpu_usage_percent", (), Kind.GAUGE), long_ago, 1.0)] * 5)
    tasks.retain()
    assert not MetricSnapshot.objects.exists()
    assert Lease.objects.get(pk="retention").finished_at is not None


def test_what_is_old_enough_is_sealed_and_the_beat_says_how_often() -> None:
    before = to_ms(database_now() - timedelta(hours=3))
    Storage().write([Sample(SeriesKey("cpu_usage_percent", (), Kind.GAUGE), before + n, n) for n in range(5)])
    tasks.seal()
    assert not MetricSnapshot.objects.exists()
    (found,) = series.points("cpu_usage_percent", before, before + 5)
    assert found.values == [0, 1, 2, 3, 4]
    assert Lease.objects.get(pk="seal").finished_at is not None
    assert [(row.task, row.every_seconds) for row in schedule() if row.name == "seal"] == [("monitoring.seal", 60)]
