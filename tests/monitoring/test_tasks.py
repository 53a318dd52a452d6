from datetime import timedelta

import pytest

from monitoring import series, tasks
from monitoring.clock import database_now, to_ms
from monitoring.collectors.base import Reading
from monitoring.collectors.system import MemoryCollector
from monitoring.models import Kind, Lease, MetricSnapshot
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def new_worker() -> None:
    """A worker that has met no series yet, as the database of each test has none."""
    tasks._storage.forget()


def test_collecting_stores_this_machines_cpu_and_memory() -> None:
    tasks.collect_host()
    assert 0 <= series.latest("cpu_usage_percent")[0].value <= 100
    assert 0 < series.latest("memory_usage_percent")[0].value <= 100


def test_collecting_twice_at_once_stores_once() -> None:
    tasks.collect_host()
    tasks.collect_host()
    assert MetricSnapshot.objects.filter(series__metric__name="memory_usage_percent").count() == 1


def test_what_is_past_its_retention_goes() -> None:
    long_ago = to_ms(database_now() - timedelta(days=400))
    Storage().write([Sample(SeriesKey("cpu_usage_percent", (), Kind.GAUGE), long_ago, 1.0)] * 5)
    tasks.retain()
    assert not MetricSnapshot.objects.exists()
    assert Lease.objects.get(pk="retention").finished_at is not None


def test_a_collector_that_fails_is_named_on_the_lease_and_its_neighbours_are_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        name = "broken"

        def collect(self) -> list[Reading]:
            raise OSError("no such device")

    monkeypatch.setattr(tasks, "HOST_COLLECTORS", (Broken(), MemoryCollector()))
    with pytest.raises(tasks.CollectionFailed):
        tasks.collect_host()
    assert "broken: OSError: no such device" in Lease.objects.get(pk="collect").error
    assert series.latest("memory_usage_percent")
