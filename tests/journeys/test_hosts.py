"""Workers and programs on hosts that share a database: each host measures itself, and checks itself."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from django.db import connection

from monitoring.host_leases import COLLECT, lease_name
from monitoring.models import HealthCheckState, Lease, MetricSnapshot
from tests.checkout import PROJECT_DIR
from tests.journeys.asking import wait_until
from tests.journeys.test_recording import Program, database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
HOSTS = ("host-a", "host-b")
MEASURED = ("cpu_usage_percent", "memory_usage_percent", "process_resident_memory_bytes")
PATIENCE_SECONDS = 90  # of each wait: a test has four of them at most, and ends before its timeout


@contextmanager
def worker(instance: str, directory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """On a host of its own, as far as its name and its state directory go."""
    environment = {
        **os.environ,
        "AHGD_INSTANCE": instance,
        "AHGD_STATE_DIR": str(directory / instance),
        "AHGD_COLLECT_SECONDS": "1",
        "AHGD_FLUSH_SECONDS": "0.5",
        "AHGD_HEALTH_SECONDS": "1",
        "DATABASE_URL": database_url(),
    }
    command = [sys.executable, "manage.py", "up", "--only", "worker"]
    process = subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def program(instance: str, directory: Path) -> Iterator[Program]:
    """One that only records; it has begun to measure itself, and stands by to measure its host."""
    often = {"AHGD_COLLECT_SECONDS": "1", "AHGD_HOST_LEASE_SECONDS": "1"}
    program = Program("script", directory, AHGD_INSTANCE=instance, **often)
    try:
        program.tell("start")
        program.hear()
        yield program
    finally:
        program.close()


def measured_by(instance: str) -> int | None:
    """The pid of the process that measures the host, or did so last."""
    found = Lease.objects.filter(pk=lease_name(COLLECT, instance)).values_list("holder", flat=True).first()
    return int(found.partition("-")[0]) if found else None


def newest(metric: str, instance: str) -> int:
    """When it was measured last, in ms; 0 for never."""
    found = MetricSnapshot.objects.filter(series__metric__name=metric, series__tags__instance=instance)
    at: int | None = found.order_by("-at").values_list("at", flat=True).first()
    return at or 0


def advance(metrics: Iterable[str], instances: Iterable[str]) -> None:
    """Waits until each of the metrics was measured anew on each of the hosts."""
    since = {each: newest(*each) for each in product(metrics, instances)}

    def waiting() -> list[tuple[str, str]]:
        return [each for each, at in since.items() if newest(*each) <= at]

    wait_until(lambda: not waiting(), PATIENCE_SECONDS, lambda: f"for {waiting()}")


def test_the_host_of_a_process_that_is_killed_is_measured_by_another(tmp_path: Path) -> None:
    with program("host-a", tmp_path) as one, program("host-a", tmp_path) as other:
        wait_until(lambda: measured_by("host-a") == one.pid, PATIENCE_SECONDS)
        one.kill()
        wait_until(lambda: measured_by("host-a") == other.pid, PATIENCE_SECONDS)
        advance(MEASURED[:2], ["host-a"])
    connection.close()


def test_each_host_is_measured_and_checked_by_itself(tmp_path: Path) -> None:
    with worker(HOSTS[0], tmp_path), worker(HOSTS[1], tmp_path) as second:
        for _ in range(2):
            advance(MEASURED, HOSTS)
        names = {f"memory@{instance}" for instance in HOSTS}
        checked = HealthCheckState.objects.filter(name__in=names, checked_at__isnull=False)
        wait_until(lambda: checked.count() == len(HOSTS), PATIENCE_SECONDS)
        second.terminate()
        second.wait(PATIENCE_SECONDS)
        last = [newest(metric, HOSTS[1]) for metric in MEASURED]
        advance(MEASURED, HOSTS[:1])
        assert [newest(metric, HOSTS[1]) for metric in MEASURED] == last
    connection.close()


def test_a_host_that_a_program_measures_is_checked_by_the_console(tmp_path: Path) -> None:
    with program("host-a", tmp_path) as first:
        wait_until(lambda: measured_by("host-a") == first.pid, PATIENCE_SECONDS)
        with worker("host-a", tmp_path):
            checked = HealthCheckState.objects.filter(name="memory@host-a", checked_at__isnull=False)
            wait_until(checked.exists, PATIENCE_SECONDS)
    connection.close()
