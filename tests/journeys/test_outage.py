"""A console whose database goes and comes back, seen by what asks its probes: a real PostgreSQL, a real gunicorn."""

import json
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.journeys.asking import ask, wait_until
from tests.journeys.nginx import nginx, served_by
from tests.journeys.web import migrate, web_process
from tests.journeys.wire import Wire
from tests.servers import free_port, postgresql

pytestmark = pytest.mark.once
ANSWER_SECONDS = 60
CHANGE_SECONDS = 60
IN_A_ROW = 10


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
def home() -> Iterator[Path]:
    """A directory with a PostgreSQL server that has been migrated."""
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-outage-") as name:
        home = Path(name)
        home.chmod(0o711)  # as root, PostgreSQL runs as nobody and has to pass
        with postgresql(home / "pg") as direct:
            migrate(environ(home, direct))
            yield home


def environ(home: Path, database_url: str) -> dict[str, str]:
    return {"AHGD_STATE_DIR": str(home / "state"), "DATABASE_URL": database_url, "AHGD_SECRET_KEY": "k" * 50}


@pytest.fixture(scope="module")
def wire_and_probes(home: Path) -> Iterator[tuple[Wire, Probes]]:
    wire, probes = Wire(home / "pg" / ".s.PGSQL.5432"), Probes(free_port())
    with web_process(probes.port, environ(home, f"postgresql://postgres@127.0.0.1:{wire.port}/postgres")):
        yield wire, probes


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


@pytest.mark.debian("nginx")
def test_nginx_passes_a_console_over_while_its_database_is_away_and_no_visitor_sees_an_error(
    wire_and_probes: tuple[Wire, Probes], home: Path, tmp_path: Path
) -> None:
    (wire, first), second = wire_and_probes, Probes(free_port())
    direct = f"postgresql://postgres@{quote(str(home / 'pg'), safe='')}/postgres"
    with web_process(second.port, environ(home, direct)), nginx(tmp_path, (first.port, second.port)) as port:
        for console in (first, second):
            console.becomes(200)
        statuses, latest = set[int](), deque[str](maxlen=IN_A_ROW)

        def answered_by() -> set[str]:
            status, who = served_by(port)
            statuses.add(status)
            latest.append(who)
            return set(latest)

        one, other = f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"
        wait_until(lambda: answered_by() == {one, other}, CHANGE_SECONDS)
        wire.cut()
        first.becomes(503)
        wait_until(lambda: answered_by() == {other}, CHANGE_SECONDS)  # out of rotation
        wire.mend()
        wait_until(lambda: answered_by() == {one, other}, CHANGE_SECONDS)  # and back
        assert statuses == {302}  # to the sign-in page
