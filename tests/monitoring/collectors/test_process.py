import gc

import pytest
from django.db import connection

from monitoring.catalogue import find
from monitoring.collectors.pace import Pace
from monitoring.collectors.process import ProcessSampler
from monitoring.samples import Sample

MEASURED = {
    "process_cpu_seconds_total",
    "process_gc_collections_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_threads",
}
OF_POOLS = {"db_pool_connections", "db_pool_waiting"}


def second_look(sampler: ProcessSampler) -> list[Sample]:
    """What only grows has nothing to compare with at the first."""
    list(sampler(0))
    gc.collect()
    return list(sampler(20_000))


@pytest.mark.django_db
def test_what_a_process_measures_is_declared_with_its_tags() -> None:
    samples = second_look(ProcessSampler("web-1", "host-a", Pace(0)))
    has_pools = connection.vendor == "postgresql"
    assert {sample.key.name for sample in samples} == (MEASURED | OF_POOLS if has_pools else MEASURED)
    for sample in samples:
        declared = find(sample.key.name)
        assert declared is not None
        assert dict(sample.key.tags).keys() == {"instance", *declared.tags}


def test_garbage_collections_are_counted_by_generation() -> None:
    collections = [one for one in second_look(ProcessSampler("web-1", "host-a", Pace(0))) if "_gc_" in one.key.name]
    assert [dict(one.key.tags)["generation"] for one in collections] == ["0", "1", "2"]
    assert collections[-1].value >= 1


@pytest.mark.django_db
def test_connections_of_a_pool_are_idle_or_in_use() -> None:
    if connection.vendor != "postgresql":  # no pool: nothing is told of one
        assert not {one.key.name for one in ProcessSampler("web-1", "host-a", Pace(0))(0)} & OF_POOLS
        return
    connection.ensure_connection()
    told = {
        (one.key.name, dict(one.key.tags).get("state", "")): one.value
        for one in ProcessSampler("web-1", "host-a", Pace(0))(0)
        if one.key.name in OF_POOLS
    }
    assert told["db_pool_connections", "in use"] >= 1
    assert told["db_pool_connections", "idle"] >= 0
    assert told["db_pool_waiting", ""] == 0


def test_a_process_measures_itself_by_role_and_slot() -> None:
    samples = {sample.key.name: sample for sample in ProcessSampler("web-1", "host-a", Pace(0))(1000)}
    assert samples["process_resident_memory_bytes"].value > 1_000_000
    assert dict(samples["process_threads"].key.tags) == {"instance": "host-a", "process": "web-1"}


def test_it_answers_at_its_pace() -> None:
    sampler = ProcessSampler("web-1", "host-a", Pace(3600))
    assert [bool(list(sampler(at_ms))) for at_ms in (0, 5000)] == [True, False]
