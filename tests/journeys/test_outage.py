"""A console whose database goes and comes back, seen by what asks its probes: a real PostgreSQL, a real gunicorn."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import PROJECT_DIR
from tests.journeys.asking import ask, wait_until
from tests.journeys.wire import Wire
from tests.servers import free_port, postgresql

pytestmark = pytest.mark.once
ANSWER_SECONDS = 5  # far less than a database that is away takes to say so
CHANGE_SECONDS = 60


@dataclass(frozen=True)
class Probes:
    port: int

    def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        """Raises TimeoutError when there is no answer in time, whatever the database does."""
        status, body = ask(self.port, path, ANSWER_SECONDS)
        return status, json.loads(body)

    def becomes(self, code: int) -> dict[str, Any]:
        """The answer of /health/ready, once it has this code."""
        return wait_until(lambda: self._ready_with(code), CHANGE_SECONDS, lambda: f"for {code}")

    def _ready_with(self, code: int) -> dict[str, Any]:
        try:
            found, body = self.ask("/health/ready")
        except ConnectionError:  # not up yet
            return {}
        return body if found == code else {}


@pytest.fixture(scope="module")
def wire_and_probes() -> Iterator[tuple[Wire, Probes]]:
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-outage-") as name:
        home = Path(name)
        home.chmod(0o711)  # as root, PostgreSQL runs as nobody and has to pass
        with postgresql(home / "pg") as direct:
            environ = os.environ | {"AHGD_STATE_DIR": str(home / "state"), "DATABASE_URL": direct}
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(migrate, cwd=PROJECT_DIR, env=environ, check=True)
            wire, probes = Wire(home / "pg" / ".s.PGSQL.5432"), Probes(free_port())
            environ["DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{wire.port}/postgres"
            serve = ["-m", "gunicorn", "--threads=4", "--no-control-socket", "--log-level=error", "ahgd_ops.wsgi"]
            serve.append(f"--bind=127.0.0.1:{probes.port}")
            with subprocess.Popen([sys.executable, *serve], cwd=PROJECT_DIR, env=environ) as server:
                yield wire, probes
                server.terminate()


def test_a_database_that_stops_and_starts_again(wire_and_probes: tuple[Wire, Probes]) -> None:
    wire, probes = wire_and_probes
    probes.becomes(200)
    wire.cut()
    body = probes.becomes(503)
    assert (body["down"], body["status"], body["alive"]) == (["database"], "critical", True)
    assert {probes.ask("/health/ready")[0] for _ in range(50)} == {503}
    assert probes.ask("/health/live")[0] == 200
    wire.mend()
    assert probes.becomes(200)["down"] == []


def test_a_database_that_hangs_and_goes_on(wire_and_probes: tuple[Wire, Probes]) -> None:
    wire, probes = wire_and_probes
    probes.becomes(200)
    wire.hang()
    assert probes.becomes(503)["down"] == ["database"]
    assert probes.ask("/health")[0] == 503
    assert probes.ask("/health/live")[0] == 200
    wire.flow()
    assert probes.becomes(200)["down"] == []
