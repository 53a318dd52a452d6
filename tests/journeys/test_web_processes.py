"""Two web processes behind one port: what django-prometheus counts in each of them is one number on /metrics."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.checkout import PROJECT_DIR
from tests.journeys.asking import ask, wait_until
from tests.journeys.test_recording import database_url
from tests.servers import free_port

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 90
PAGE = "/ops/api/live"
COUNTED = "django_http_requests_before_middlewares_total"


@dataclass(frozen=True)
class Web:
    port: int
    prometheus_dir: Path

    def is_up(self) -> bool:
        try:
            return ask(self.port, "/health/live")[0] == 200
        except OSError:
            return False

    def get(self, _: int = 0) -> None:
        """As somebody whose session has ended: it is looked up in the database."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", PAGE, headers={"Cookie": "ahgd_ops_session=ended-long-ago"})
        response = connection.getresponse()
        response.read()
        connection.close()
        assert response.status == 401

    def processes_that_served(self) -> int:
        """Those that have counted a request, by the files in which they count."""
        return sum(map(_has_counted, self.prometheus_dir.glob("counter_*.db")))

    def sums(self, *names: str) -> list[float]:
        families = parse(ask(self.port, "/metrics", 60)[1].decode())
        samples = [sample for family in families for sample in family.samples]
        return [sum(sample.value for sample in samples if sample.name == name) for name in names]


def _has_counted(file: Path) -> bool:
    if not file.stat().st_size:  # being made
        return False
    values = MmapedDict.read_all_values_from_file(str(file))
    return any(COUNTED in key and value > 0 for key, value, *_ in values)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    port = free_port()
    environment = {
        **os.environ,
        "AHGD_STATE_DIR": str(tmp_path / "state"),
        "AHGD_PORT": str(port),
        "AHGD_HEALTH_ENDPOINT": "false",
        "AHGD_LOG_LEVEL": "ERROR",
        "AHGD_WEB_WORKERS": "2",
        "DATABASE_URL": database_url(),
    }
    command = [sys.executable, "manage.py", "up", "--only", "web"]
    with subprocess.Popen(command, cwd=PROJECT_DIR, env=environment) as process:
        web = Web(port, tmp_path / "state" / "prometheus")
        try:
            wait_until(web.is_up, PATIENCE_SECONDS)
            yield web
        finally:
            process.terminate()


def test_requests_and_statements_of_both_are_added_up(web: Web) -> None:
    asked = 0

    def both_served() -> bool:
        nonlocal asked
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(web.get, range(16)))
        asked += 16
        return web.processes_that_served() == 2

    wait_until(both_served, PATIENCE_SECONDS)
    requests, executed, timed = web.sums(COUNTED, "django_db_execute_total", "django_db_query_duration_seconds_count")
    assert requests == asked
    assert executed >= asked
    assert timed >= asked
