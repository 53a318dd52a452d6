"""Two web processes behind one port: what django-prometheus counts in each of them is one number on /metrics."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
LOOK_UPS = "django_cache_get_total"


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
        """As somebody whose session has ended: it is looked up."""
        assert ask(self.port, PAGE, 60, {"Cookie": "ahgd_ops_session=ended-long-ago"})[0] == 401

    def counted(self, name: str) -> list[float]:
        """What each process that has counted any says of a counter, by the files in which they count."""
        sums = (_sum(file, name) for file in self.prometheus_dir.glob("counter_*.db"))
        return [each for each in sums if each]

    def sums(self, *names: str) -> list[float]:
        families = parse(ask(self.port, "/metrics", 60)[1].decode())
        samples = [sample for family in families for sample in family.samples]
        return [sum(sample.value for sample in samples if sample.name == name) for name in names]


def _sum(file: Path, name: str) -> float:
    if not file.stat().st_size:  # being made
        return 0
    values = MmapedDict.read_all_values_from_file(str(file))
    return sum(value for key, value, *_ in values if json.loads(key)[1] == name)


@pytest.fixture
def web(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Web]:
    """Two processes; a parameter names other settings than the console's."""
    port = free_port()
    environment = {
        **os.environ,
        "AHGD_STATE_DIR": str(tmp_path / "state"),
        "AHGD_PORT": str(port),
        "AHGD_HEALTH_ENDPOINT": "false",
        "AHGD_LOG_LEVEL": "ERROR",
        "AHGD_WEB_WORKERS": "2",
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": getattr(request, "param", "ahgd_ops.settings"),
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
        return len(web.counted(COUNTED)) >= 2

    wait_until(both_served, PATIENCE_SECONDS)
    requests, executed, timed = web.sums(COUNTED, "django_db_execute_total", "django_db_query_duration_seconds_count")
    assert requests == asked
    assert executed >= asked
    assert timed >= asked


@pytest.mark.parametrize("web", ["tests.journeys.sessions_in_cache"], indirect=True)
def test_look_ups_in_djangos_cache_of_both_are_added_up(web: Web) -> None:
    def both_looked_up() -> bool:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(web.get, range(4)))
        return len(web.counted(LOOK_UPS)) >= 2

    wait_until(both_looked_up, PATIENCE_SECONDS)
    look_ups, hits, misses = web.sums(LOOK_UPS, "django_cache_get_hits_total", "django_cache_get_misses_total")
    assert look_ups == sum(web.counted(LOOK_UPS)) == hits + misses
