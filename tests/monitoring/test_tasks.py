from datetime import timedelta

import pytest

from monitoring import series, tasks
from monitoring.clock import database_now, to_ms
from monitoring.models import Kind, Lease, MetricSnapshot
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db


def test_collecting_stores_what_hosts_share_once_and_of_no_host() -> None:
    for _ in range(2):
        tasks.collect_shared()
    (sessions,) = series.latest("active_sessions")
    assert (sessions.value, sessions.tags) == (0, {})
    assert MetricSnapshot.objects.filter(series__metric__name="active_sessions").count() == 1
    assert series.latest("celery_workers")


def test_what_is_past_its_retention_goes() -> None:
    long_ago = to_ms(database_now() - timedelta(days=400))
    Storage().write([Sample(SeriesKey("cpu_usage_percent", (), Kind.GAUGE), long_ago, 1.0)] * 5)
    tasks.retain()
    assert not MetricSnapshot.objects.exists()
    assert Lease.objects.get(pk="retention").finished_at is not None
