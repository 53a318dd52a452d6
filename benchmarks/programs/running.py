"""Starts programs that do not outlive the bench, however it ends."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.error import URLError
from urllib.request import urlopen

import psutil

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 30.0
ORPHAN_SECONDS = 3.0  # to end after their parent, as the console's do at once
POLL_SECONDS = 0.02
# What is set for this shell must not decide what a program costs, such as PYTHONDONTWRITEBYTECODE.
_NOT_HANDED_ON = ("AHGD_", "DATABASE_URL", "DJANGO_", "PROMETHEUS_", "PYTHON", "VIRTUAL_ENV")


class ProgramFailed(Exception):
    """A program ended or said nothing in time; the text ends with what it said."""


def environment(**variables: str) -> dict[str, str]:
    """The machine's environment, without what is set for this shell's console or Python."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(_NOT_HANDED_ON)}
    return inherited | variables


def end_on_term() -> None:
    """Makes TERM end this process as Ctrl-C does: through every context that has something to stop."""
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, environ: Mapping[str, str], cwd: Path | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs ``command`` until the context ends; killed outright, this process takes it along (Linux).

    Its standard input is a pipe, what it says is in ``log``.
    """
    setpriv = shutil.which("setpriv")
    prefix = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*prefix, *command], stdin=subprocess.PIPE, stdout=output, stderr=output,
            env=dict(environ), cwd=cwd or log.parent, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        stop(process)


@contextmanager
def python(module: str, log: Path, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs a module of ours as a program of its own, with Django's settings at hand."""
    environ = environment(DJANGO_SETTINGS_MODULE="ahgd_ops.settings", **variables)
    with running([sys.executable, "-m", module], log, environ, PROJECT_DIR) as process:
        yield process


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Asks the program and what shares its session to end; kills what is left of its descendants afterwards."""
    try:
        descendants = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        descendants = []
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(descendants, ORPHAN_SECONDS)
    for orphan in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.kill()
    psutil.wait_procs(left, ORPHAN_SECONDS)
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def wait_until(
    question: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path, seconds: float = START_SECONDS
) -> None:
    """Raises ProgramFailed when the process ends before, or the answer is still no after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not question():
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise ProgramFailed(f"waited in vain for {process.args!r}, which said:\n{said}")
        time.sleep(POLL_SECONDS)


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        with urlopen(url, timeout=5) as response:  # noqa: S310  (an address of our own)
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def free_ports(count: int) -> list[int]:
    """Different TCP ports of 127.0.0.1 that nothing listens on now."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
