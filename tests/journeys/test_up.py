"""The supervisor killed in its main ways, with real processes."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from tests.checkout import PROJECT_DIR
from tests.journeys.console import ROLES, Console, is_alive, running_console

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with its database and administrator, which take most of the time of a first start."""
    directory = tmp_path_factory.mktemp("prepared")
    environment = {"PATH": os.environ["PATH"], "AHGD_STATE_DIR": str(directory)}
    subprocess.run([sys.executable, "manage.py", "prepare"], cwd=PROJECT_DIR, env=environment, check=True)
    return directory


@pytest.fixture(scope="module")
def console(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One for all that leave it as they found it."""
    with running_console(tmp_path_factory.mktemp("up"), prepared) as running:
        yield running


@pytest.fixture
def own_console(prepared: Path, tmp_path: Path) -> Iterator[Console]:
    with running_console(tmp_path, prepared) as running:
        yield running


def status_of(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_prints_the_link_last_and_keeps_it_where_only_its_owner_reads(console: Console) -> None:
    file = console.state_dir / "sign-in-link"
    assert file.read_text(encoding="utf-8").strip() == console.link
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_when_it_says_ready_both_ports_answer_probes(console: Console, path: str) -> None:
    assert [status_of(port, path) for port in (console.port, console.health_port)] == [200, 200]


@pytest.mark.parametrize("arguments", [["live"], ["ready"], ["live", "--role", "worker"], ["live", "--role", "beat"]])
def test_the_health_command_finds_each_process_alive(console: Console, arguments: list[str]) -> None:
    console.wait_until(lambda: console.manage("health", *arguments) == 0)


def test_the_health_port_serves_nothing_but_probes(console: Console) -> None:
    assert status_of(console.health_port, "/ops/") == 404


@pytest.mark.parametrize("role", ROLES)
def test_a_killed_process_is_started_again_and_its_row_says_why(console: Console, role: str) -> None:
    _, pid, restarts, _ = console.wait_until(lambda: found if (found := console.state(role))[0] == "running" else None)
    orphans = psutil.Process(pid).children()
    os.kill(pid, signal.SIGKILL)
    console.wait_until(lambda: console.state(role)[0] == "running" and console.state(role)[1] != pid)
    assert console.state(role)[2:] == (restarts + 1, "killed by signal 9 (SIGKILL)")
    assert not any(is_alive(orphan) for orphan in orphans)


def test_a_killed_web_worker_is_replaced_and_seen(console: Console) -> None:
    _, master, restarts, _ = console.wait_until(
        lambda: found if (found := console.state("web"))[0] == "running" else None
    )
    (worker,) = psutil.Process(master).children()
    worker.kill()
    console.wait_until(lambda: console.state("web")[2] == restarts + 1)
    console.wait_until(lambda: [is_alive(other) for other in psutil.Process(master).children()] == [True])
    assert console.state("web")[3] == "web-1 ended and was replaced"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_with_0_and_leaves_no_process(own_console: Console, number: signal.Signals) -> None:
    processes = own_console.processes()
    own_console.process.send_signal(number)
    assert own_console.wait_until_ended() == 0
    assert len(processes) >= 4
    assert not any(is_alive(one) for one in processes)
    assert [own_console.state(role)[0] for role in ROLES] == ["stopped"] * 3


def test_killed_itself_it_leaves_no_process(own_console: Console) -> None:
    processes = own_console.processes()
    own_console.process.kill()
    own_console.wait_until(lambda: not any(is_alive(one) for one in processes))


def test_a_second_interrupt_ends_everything_at_once(own_console: Console) -> None:
    processes = own_console.processes()
    (worker,) = (one for one in processes if one.pid == own_console.state("worker")[1])
    worker.suspend()  # it cannot end by itself
    own_console.process.send_signal(signal.SIGINT)
    own_console.wait_until(lambda: "Stopping" in own_console.output)
    own_console.process.send_signal(signal.SIGINT)
    assert own_console.wait_until_ended() == 130
    own_console.wait_until(lambda: not any(is_alive(one) for one in processes))


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        console = Console(tmp_path, AHGD_PORT=str(port))
        assert console.wait_until_ended() == 1
    (line,) = console.output.splitlines()
    assert line.startswith(f"ahgd-ops: Port {port} is taken by process {os.getpid()} ")
    assert line.endswith(f"AHGD_PORT={port + 10}.")


def test_a_wrong_value_is_one_clear_line(tmp_path: Path) -> None:
    console = Console(tmp_path, AHGD_WEB_WORKERS="many")
    assert console.wait_until_ended() == 1
    assert console.output.splitlines() == ["ahgd-ops: AHGD_WEB_WORKERS='many': allowed is a whole number from 1 to 64"]


def test_a_role_alone_runs_in_the_foreground_and_ends_with_0(console: Console, tmp_path: Path) -> None:
    alone = Console(tmp_path, AHGD_STATE_DIR=str(console.state_dir), arguments=("up", "--only", "web"))
    try:
        alone.wait_until(lambda: alone.answers("/health/live"))
        alone.process.terminate()
        assert alone.wait_until_ended() == 0
    finally:
        alone.end()
