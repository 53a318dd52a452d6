"""A console whose database goes and comes back, seen by what asks its probes: a real PostgreSQL, a real gunicorn."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.wire import Wire
from tests.servers import free_port, postgresql

pytestmark = pytest.mark.once
PROJECT = Path(__file__).resolve().parents[2]
ANSWER_SECONDS = 5  # far less than a database that is away takes to say so
CHANGE_SECONDS = 60


@dataclass(frozen=True)
class Console:
    port: int

    def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        """Raises TimeoutError when there is no answer in time, whatever the database does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def becomes(self, code: int) -> dict[str, Any]:
        """The answer of /health/ready, once it has this code."""
        deadline = time.monotonic() + CHANGE_SECONDS
        while True:
            with suppress(ConnectionError):  # not up yet
                found, body = self.ask("/health/ready")
                if found == code:
                    return body
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def wire_and_console() -> Iterator[tuple[Wire, Console]]:
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-outage-") as name:
        home = Path(name)
        home.chmod(0o711)  # as root, PostgreSQL runs as nobody and has to pass
        with postgresql(home / "pg") as direct:
            environ = os.environ | {"AHGD_STATE_DIR": str(home / "state"), "DATABASE_URL": direct}
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(migrate, cwd=PROJECT, env=environ, check=True)
            wire, console = Wire(home / "pg" / ".s.PGSQL.5432"), Console(free_port())
            environ["DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{wire.port}/postgres"
            serve = ["-m", "gunicorn", "--threads=4", "--no-control-socket", "--log-level=error", "ahgd_ops.wsgi"]
            serve.append(f"--bind=127.0.0.1:{console.port}")
            with subprocess.Popen([sys.executable, *serve], cwd=PROJECT, env=environ) as server:
                yield wire, console
                server.terminate()


def test_a_database_that_stops_and_starts_again(wire_and_console: tuple[Wire, Console]) -> None:
    wire, console = wire_and_console
    console.becomes(200)
    wire.cut()
    body = console.becomes(503)
    assert (body["down"], body["status"], body["alive"]) == (["database"], "critical", True)
    assert {console.ask("/health/ready")[0] for _ in range(50)} == {503}
    assert console.ask("/health/live")[0] == 200
    wire.mend()
    assert console.becomes(200)["down"] == []


def test_a_database_that_hangs_and_goes_on(wire_and_console: tuple[Wire, Console]) -> None:
    wire, console = wire_and_console
    console.becomes(200)
    wire.hang()
    assert console.becomes(503)["down"] == ["database"]
    assert console.ask("/health")[0] == 503
    assert console.ask("/health/live")[0] == 200
    wire.flow()
    assert console.becomes(200)["down"] == []
