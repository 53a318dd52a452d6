"""A bench leaves nothing behind, with real programs."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from benchmarks.programs.running import ProgramFailed, environment, free_ports, running, wait_until

pytestmark = pytest.mark.once

FAMILY = ["sh", "-c", "sleep 1000 & echo begun; wait"]
STUBBORN_CHILD = ["sh", "-c", "setsid sh -c 'trap \"\" TERM; echo begun; while :; do sleep 1; done' & wait"]
BENCH = """
import signal, sys
from pathlib import Path
from benchmarks.programs.running import end_on_term, environment, running
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell has the tests in the background
end_on_term()
with running(["sleep", "1000"], Path(sys.argv[1]), environment()) as process:
    print(process.pid, flush=True)
    process.wait()
"""


def is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _wait_until_gone(pid: int) -> None:
    """A container's first process may leave the dead of others where they are."""
    while not is_gone(pid):  # the time-out of each test is the limit
        time.sleep(0.02)


@contextmanager
def begun(command: list[str], log: Path) -> Iterator[list[int]]:
    """The pids of a program and its descendants, once it has them all."""
    with running(command, log, environment()) as process:
        wait_until(lambda: b"begun" in log.read_bytes(), process, log)
        yield [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]


@pytest.mark.parametrize("command", [FAMILY, STUBBORN_CHILD])
def test_a_program_and_what_it_started_end_with_its_context(command: list[str], tmp_path: Path) -> None:
    with begun(command, tmp_path / "log") as pids:
        assert len(pids) >= 2
    assert all(is_gone(pid) for pid in pids)


def test_a_bench_that_fails_stops_its_programs(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), begun(FAMILY, tmp_path / "log") as pids:
        raise ZeroDivisionError
    assert all(is_gone(pid) for pid in pids)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_bench_that_is_ended_takes_its_programs_along(number: signal.Signals, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", BENCH, log], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as bench:
        assert bench.stdout is not None
        program = psutil.Process(int(bench.stdout.readline()))
        bench.send_signal(number)
        _wait_until_gone(program.pid)


def test_a_program_that_ends_too_early_is_quoted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        pytest.raises(ProgramFailed, match="no room"),
        running(["sh", "-c", "echo no room; exit 1"], log, environment()) as process,
    ):
        wait_until(lambda: False, process, log)


def test_what_is_set_for_this_shell_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AHGD_PORT", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PIP_CACHE_DIR", "/cache")
    found = environment(AHGD_INSTANCE="bench")
    assert found["PIP_CACHE_DIR"] == "/cache"
    assert {name for name in found if name.startswith(("AHGD_", "DATABASE", "PYTHON"))} == {"AHGD_INSTANCE"}


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(5))) == 5
