"""What every collector has to do, on this machine."""

import pytest

from ahgd_ops.celery import app
from monitoring.catalogue import find
from monitoring.collectors import HOST_COLLECTORS, SHARED_COLLECTORS
from monitoring.collectors.base import Collector
from monitoring.collectors.celery import QueuesCollector, WorkersCollector
from monitoring.kinds import Kind
from monitoring.samples import finite

ALL = (*HOST_COLLECTORS, *SHARED_COLLECTORS, QueuesCollector(app), WorkersCollector())


@pytest.mark.django_db
@pytest.mark.parametrize("collector", ALL, ids=lambda collector: collector.name)
def test_what_a_collector_gives_is_declared_with_its_kind_and_tags(collector: Collector) -> None:
    list(collector.collect())  # some compare with the reading before
    for reading in collector.collect():
        declared = find(reading.name)
        assert declared is not None
        assert declared.kind == (Kind.COUNTER if reading.is_cumulative else Kind.GAUGE)
        assert {key for key, _ in reading.tags} == set(declared.tags)
        finite(reading.value)


def test_names_are_unique() -> None:
    assert len({collector.name for collector in ALL}) == len(ALL)
