from collections.abc import Iterable, Iterator

import pytest

from monitoring import series
from monitoring.clock import database_now
from monitoring.collecting import Collecting, CollectionFailed
from monitoring.collectors.base import Reading
from monitoring.collectors.system import MemoryCollector
from monitoring.leases import Held, LeaseLost, acquire, overtake
from monitoring.models import CollectorState, MetricSnapshot, Series

pytestmark = pytest.mark.django_db(transaction=True)


class Broken:
    name = "broken"

    def collect(self) -> Iterable[Reading]:
        raise OSError("no such device")


class Growing:
    """Bytes since boot, as its source said them."""

    name = "growing"

    def __init__(self, *values: float) -> None:
        self._values: Iterator[float] = iter(values)

    def collect(self) -> Iterable[Reading]:
        return [Reading("disk_read_bytes_total", next(self._values), (("device", "sda"),), True)]


@pytest.fixture
def collecting() -> Collecting:
    """Of a process that has met no series yet."""
    return Collecting()


@pytest.fixture
def held() -> Held:
    held = acquire("host-collect:a", database_now(), 60)
    assert held is not None
    return held


def test_a_collector_that_fails_is_told_after_its_neighbours_are_stored(collecting: Collecting, held: Held) -> None:
    with pytest.raises(CollectionFailed, match="broken: OSError: no such device"):
        collecting.collect((Broken(), MemoryCollector()), held, "a")
    assert [one.tags for one in series.latest("memory_usage_percent")] == [{"instance": "a"}]
    assert CollectorState.objects.get(name="broken", instance="a").error == "OSError: no such device"


def test_what_several_hosts_share_carries_no_host(collecting: Collecting, held: Held) -> None:
    collecting.collect((MemoryCollector(),), held)
    assert [one.tags for one in series.latest("memory_usage_percent")] == [{}]


def test_one_who_was_overtaken_stores_neither_samples_nor_what_the_source_said(
    collecting: Collecting, held: Held
) -> None:
    source = Growing(1000, 1500, 1700)
    collecting.collect((source,), held, "a")
    overtake("host-collect:a")
    with pytest.raises(LeaseLost):
        collecting.collect((source,), held, "a")
    assert not MetricSnapshot.objects.exists()
    successor = acquire("host-collect:a", database_now(), 60)
    assert successor is not None
    collecting.collect((source,), successor, "a")
    assert [snapshot.value for snapshot in MetricSnapshot.objects.all()] == [700]


def test_a_series_that_was_deleted_meanwhile_begins_anew(collecting: Collecting, held: Held) -> None:
    collecting.collect((MemoryCollector(),), held, "a")
    Series.objects.all().delete()
    collecting.collect((MemoryCollector(),), held, "a")
    assert MetricSnapshot.objects.count() == 1
