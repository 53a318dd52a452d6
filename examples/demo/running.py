"""Console, dashboard and visitor, started and ended together."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import create_connection
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from examples.demo import history, incident
from examples.demo.place import EXAMPLE_DIR, PROJECT_DIR, ConsoleRefused, Place

_PATIENCE_SECONDS = 180.0
_END_SECONDS = 20.0


class Demo:
    """A context: inside it all of it runs, and at its end nothing does. ``dashboard_python`` is one with Streamlit."""

    def __init__(
        self, place: Place, areas: int = 2400, has_visitor: bool = True, dashboard_python: str = sys.executable
    ) -> None:
        self.place = place
        self._areas, self._has_visitor, self._dashboard_python = areas, has_visitor, dashboard_python
        self._stack = ExitStack()
        self.console: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._stack:
            self._start()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        place = self.place
        for url in (place.console_url, place.dashboard_url):
            _require_free(url)
        place.state_dir.mkdir(parents=True, exist_ok=True)
        if not (place.data_dir / "health.sqlite3").exists():
            _run([EXAMPLE_DIR / "generate.py", place.data_dir, "--sound", "--areas", self._areas], place.environment)
        incident.end(place.data_dir)  # of a demo that was killed
        self.console = self._spawn([PROJECT_DIR / "manage.py", "up"], place.environment)
        self._wait_until_answers(f"{place.console_url}/health/ready")
        _run(["-m", "examples.demo.rows", "make", place.token_file], place.environment)
        self._spawn(_streamlit(place), place.dashboard_environment, self._dashboard_python)
        self._wait_until_answers(f"{place.dashboard_url}/_stcore/health")
        if self._has_visitor:
            self._spawn(["-m", "examples.demo.visitor", place.dashboard_url], place.environment)

    def push_history(self, hours: int = history.HOURS) -> int:
        """The hours before now, once in the life of the state directory; one that was cut off goes on."""
        file = self.place.history_file
        noted = file.read_text().split() if file.exists() else []
        if "whole" in noted:
            return 0
        end_ms = int(noted[0]) if noted else time.time_ns() // 1_000_000
        file.write_text(f"{end_ms}")
        stored = history.push(self.place, end_ms, hours)
        file.write_text(f"{end_ms} whole")
        return stored

    def _spawn(
        self, arguments: list[object], environment: dict[str, str], python: str = sys.executable
    ) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([python, *map(str, arguments)], cwd=PROJECT_DIR, env=environment)
        self._stack.callback(_end, process)
        return process

    def _wait_until_answers(self, url: str) -> None:
        began = time.monotonic()
        while not _answers(url):
            if self.console is None or self.console.poll() is not None:
                raise SystemExit("The console ended; what it said is above.")
            if time.monotonic() - began > _PATIENCE_SECONDS:
                raise SystemExit(f"{url} does not answer.")
            time.sleep(0.3)


def _streamlit(place: Place) -> list[object]:
    port = place.dashboard_url.rpartition(":")[2]
    options = {"server.port": port, "server.headless": "true", "server.address": "localhost"}
    options |= {"browser.gatherUsageStats": "false", "client.toolbarMode": "viewer", "server.fileWatcherType": "none"}
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return ["-m", "streamlit", "run", EXAMPLE_DIR / "app.py", *flags]


def _run(arguments: list[object], environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, *map(str, arguments)], cwd=PROJECT_DIR, env=environment, check=True)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _require_free(url: str) -> None:
    """Raises ConsoleRefused."""
    address = urlsplit(url)
    with suppress(OSError), create_connection((address.hostname, address.port), 5):
        raise ConsoleRefused(
            f"Something answers at {url} already. If it is a demo, end it with Ctrl+C; else choose other ports: "
            "AHGD_PORT=8513 AHGD_DEMO_PORT=8511 scripts/demo"
        )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  (our own console and dashboard)
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def remove(place: Place) -> str:
    """Rows in the database, then the files of the data; of a demo that runs, the history. Raises ConsoleRefused."""
    if not place.is_there:
        raise ConsoleRefused(f"There is no demo in {place.state_dir}.")
    if _answers(f"{place.console_url}/health/live"):
        _run(["-m", "examples.demo.rows", "forget"], place.environment)
        return "The demo runs on; end it with Ctrl+C and say --remove once more to take away the rest."
    _run(["-m", "examples.demo.rows", "remove"], place.environment)
    for path in (*place.data_dir.glob("*"), place.token_file, place.history_file):
        Path(path).unlink(missing_ok=True)
    return "Its data files are gone, too."
