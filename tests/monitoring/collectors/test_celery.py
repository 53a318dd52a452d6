from datetime import timedelta

import pytest

from monitoring.clock import database_now, to_ms
from monitoring.collectors.celery import WorkersCollector
from monitoring.kinds import Kind
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db


def measured_itself(process: str, instance: str, seconds_ago: float) -> None:
    key = SeriesKey("process_resident_memory_bytes", (("instance", instance), ("process", process)), Kind.GAUGE)
    Storage().write([Sample(key, to_ms(database_now() - timedelta(seconds=seconds_ago)), 1.0)])


def test_workers_of_all_hosts_that_measured_themselves_lately_are_counted() -> None:
    measured_itself("worker-1", "a", 5)
    measured_itself("worker-1", "b", 5)
    measured_itself("worker-1", "gone", 120)
    measured_itself("web-1", "a", 5)
    assert [reading.value for reading in WorkersCollector().collect()] == [2]
