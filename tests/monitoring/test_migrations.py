from collections.abc import Iterator

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

APP = "ahgd_monitoring"
BEFORE, AFTER = "0007_query_shapes", "0008_leases_by_round"


def migrate(name: str) -> Apps:
    executor = MigrationExecutor(connection)
    return executor.migrate([(APP, name)]).apps


@pytest.fixture
def before(transactional_db: None) -> Iterator[Apps]:
    """The models as they were; afterwards everything is as the other tests expect it."""
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()  # of all apps: what builds on these models goes back with them
    yield migrate(BEFORE)
    MigrationExecutor(connection).migrate(newest)


def test_leases_of_hosts_go_on_and_intervals_beyond_a_day_become_a_day(before: Apps) -> None:
    now = timezone.now()
    for name in ("host:ward-7", "evaluate"):
        before.get_model(APP, "Lease").objects.create(name=name, fence=7, expires_at=now, free_at=now)
    for name, seconds in (("cpu", 1e20), ("disk", 60), ("memory", -1)):
        before.get_model(APP, "CollectorState").objects.create(name=name, every_seconds=seconds)
    after = migrate(AFTER)
    leases = after.get_model(APP, "Lease").objects
    assert set(leases.values_list("name", "fence")) == {("host-collect:ward-7", 7), ("evaluate", 7)}
    paces = after.get_model(APP, "CollectorState").objects.order_by("name").values_list("every_seconds", flat=True)
    assert list(paces) == [86400, 60, 0]

    leases.create(name="host-health:ward-7", expires_at=now, free_at=now)
    again = migrate(BEFORE).get_model(APP, "Lease").objects
    assert set(again.values_list("name", flat=True)) == {"host:ward-7", "evaluate"}
