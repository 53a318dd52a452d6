"""A console of its own for a test: ``manage.py up`` with free ports and a state directory, looked at from outside."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree
from typing import TypeVar

import psutil

from tests.checkout import PROJECT_DIR
from tests.journeys.asking import ask, wait_until
from tests.servers import free_port

T = TypeVar("T")
ROLES = ("web", "worker", "beat")


class Console:
    """``process`` is the supervisor. What is asked of it is polled for, and fails after ``PATIENCE_SECONDS``.

    It begins with a copy of the state directory ``prepared``, or with none, as a newcomer's.
    """

    PATIENCE_SECONDS = 45

    def __init__(
        self, directory: Path, arguments: tuple[str, ...] = ("up",), prepared: Path | None = None, **variables: str
    ) -> None:
        self.port, self.health_port = free_port(), free_port()
        self.state_dir = directory / "state"
        if prepared is not None:
            copytree(prepared, self.state_dir)
        self._output = directory / "output"
        self._environment = {
            "PATH": os.environ["PATH"],
            "AHGD_STATE_DIR": str(self.state_dir),
            "AHGD_PORT": str(self.port),
            "AHGD_HEALTH_PORT": str(self.health_port),
            "AHGD_INSTANCE": "journey",
            **variables,
        }
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=PROJECT_DIR, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    @property
    def link(self) -> str:
        """The one-use sign-in link, printed last."""
        found = re.findall(r"^http://localhost:\d+/accounts/link/\S+$", self.output, re.MULTILINE)
        return str(found[-1])

    def wait_until(self, question: Callable[[], T]) -> T:
        return wait_until(question, self.PATIENCE_SECONDS, lambda: f"; the console said:\n{self.output}")

    def wait_until_ready(self) -> None:
        self.wait_until(lambda: "\nready in " in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output

    def wait_until_ended(self) -> int:
        self.wait_until(lambda: self.process.poll() is not None)
        return int(self.process.returncode)

    def answers(self, path: str) -> bool:
        """Whether the console's port answers ``path`` with 200."""
        try:
            return ask(self.port, path)[0] == 200
        except OSError:
            return False

    def manage(self, *arguments: str) -> int:
        """The exit code of a command beside the console, in its environment."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=PROJECT_DIR, env=self._environment, check=False).returncode

    def processes(self) -> list[psutil.Process]:
        """The supervisor's descendants, which its own helpers come and go among."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def state(self, name: str) -> tuple[str, int, int, str]:
        """Phase, pid, restarts and reason of a supervised process, as they stand in the database."""
        with closing(sqlite3.connect(self.state_dir / "ops.sqlite3", timeout=20)) as database:
            row: tuple[str, int, int, str] | None = database.execute(
                "SELECT phase, pid, restarts, reason FROM ahgd_monitoring_processstate WHERE name = ?", (name,)
            ).fetchone()
        return row or ("", 0, 0, "")

    def end(self) -> None:
        """Whatever state it is in, nothing of it is left."""
        left = self.processes() if self.process.poll() is None else []
        self.process.kill()
        self.process.wait()
        self.wait_until(lambda: not any(is_alive(one) for one in left))


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def running_console(directory: Path, prepared: Path | None = None, **variables: str) -> Iterator[Console]:
    """Yields a console that said it is ready."""
    console = Console(directory, prepared=prepared, **variables)
    try:
        console.wait_until_ready()
        yield console
    finally:
        console.end()
