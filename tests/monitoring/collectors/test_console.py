from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.clock import database_now
from monitoring.collectors.console import LagCollector
from monitoring.kinds import Kind
from monitoring.leases import acquire, lease
from monitoring.models import Lease, MetricSnapshot, ReadCursor
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

pytestmark = pytest.mark.django_db


def told() -> dict[tuple[str, str], float]:
    return {(reading.name, reading.tags[0][1]): reading.value for reading in LagCollector().collect()}


def test_a_job_is_as_old_as_its_last_good_run_and_one_that_never_ended_or_is_of_a_host_says_nothing() -> None:
    for name in ("evaluate", "host-collect:a"):
        with lease(name, seconds=60):
            pass
    Lease.objects.update(finished_at=database_now() - timedelta(minutes=5))
    acquire("seal", database_now(), 60)
    ages = told()
    assert ages.keys() == {("ahgd_ops_cycle_age_seconds", "evaluate")}
    assert ages["ahgd_ops_cycle_age_seconds", "evaluate"] >= 300


def test_a_reader_is_behind_by_the_rows_that_it_has_not_read() -> None:
    Storage().write([Sample(SeriesKey("beds", (), Kind.GAUGE), at, 1) for at in range(5)])
    position = MetricSnapshot.objects.order_by("id")[1].id
    table = MetricSnapshot._meta.db_table
    ReadCursor.objects.create(reader="alerts.metrics", table=table, position=position, moved_at=timezone.now())
    assert told() == {("ahgd_ops_unread_rows", "alerts.metrics"): 3}
