import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery

from monitoring.clock import database_now, to_ms
from monitoring.collectors.celery import QueuesCollector, WorkersCollector
from monitoring.kinds import Kind
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage
from tests.servers import Address

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


@pytest.fixture(params=["embedded", "redis"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Celery]:
    """On each broker that the console can have, with queues of its own."""
    app = Celery("tests.queues", set_as_current=False)
    mine = uuid.uuid4().hex
    app.conf.update(task_default_queue=f"default-{mine}", task_routes={"judge": {"queue": f"evaluate-{mine}"}})
    if request.param == "redis":
        address: Address = request.getfixturevalue("valkey_address")
        app.conf.broker_url = f"redis://:{address.password or ''}@{address.host}:{address.port}/0"
    else:
        app.conf.broker_url = "filesystem://localhost"
        app.conf.broker_transport = "ahgd_ops.processes.whole_files:Transport"
        folder = str(tmp_path / "messages")
        (tmp_path / "messages").mkdir()
        (tmp_path / "control").mkdir()
        app.conf.broker_transport_options = {
            "data_folder_in": folder,
            "data_folder_out": folder,
            "control_folder": str(tmp_path / "control"),
        }
    yield app
    app.close()


def waiting(app: Celery) -> dict[str, float]:
    """By the part of the queue's name that says what it is for."""
    return {dict(one.tags)["queue"].split("-")[0]: one.value for one in QueuesCollector(app).collect()}


def test_what_waits_is_counted_by_queue_and_one_that_nobody_sent_to_is_empty(app: Celery) -> None:
    assert waiting(app) == {"default": 0, "evaluate": 0}
    for _ in range(3):
        app.send_task("judge", ignore_result=True)
    assert waiting(app) == {"default": 0, "evaluate": 3}
    with (
        app.connection_for_read() as connection,
        connection.SimpleQueue(app.conf.task_routes["judge"]["queue"]) as queue,
    ):
        queue.get(timeout=30).ack()
    assert waiting(app) == {"default": 0, "evaluate": 2}
