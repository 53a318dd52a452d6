"""Console, dashboard and visitor, started and ended together."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from examples.demo import history
from examples.demo.place import EXAMPLE_DIR, PROJECT_DIR, Place

_PATIENCE_SECONDS = 180.0
_END_SECONDS = 20.0


class Demo:
    """A context: inside it all of it runs, and at its end nothing does."""

    def __init__(self, place: Place, areas: int = 2400, has_visitor: bool = True) -> None:
        self.place = place
        self._areas, self._has_visitor = areas, has_visitor
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
        place.state_dir.mkdir(parents=True, exist_ok=True)
        if not (place.data_dir / "health.sqlite3").exists():
            _run([EXAMPLE_DIR / "generate.py", place.data_dir, "--sound", "--areas", self._areas], place.environment)
        self.console = self._spawn([PROJECT_DIR / "manage.py", "up"], place.environment)
        self._wait_until_answers(f"{place.console_url}/health/ready")
        _run(["-m", "examples.demo.rows", "make", place.token_file], place.environment)
        self._spawn(_streamlit(place), place.dashboard_environment)
        self._wait_until_answers(f"{place.dashboard_url}/_stcore/health")
        if self._has_visitor:
            self._spawn(["-m", "examples.demo.visitor", place.dashboard_url], place.environment)

    def push_history(self) -> int:
        """The hours before now, once in the life of the state directory."""
        if self.place.history_file.exists():
            return 0
        stored = history.push(self.place, time.time_ns() // 1_000_000)
        self.place.history_file.touch()
        return stored

    def _spawn(self, arguments: list[object], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, *map(str, arguments)], cwd=PROJECT_DIR, env=environment)
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


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  (our own console and dashboard)
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def remove(place: Place) -> None:
    """Rows in the database, then the files of the data."""
    _run(["-m", "examples.demo.rows", "remove"], place.environment)
    for path in (*place.data_dir.glob("*"), place.token_file, place.history_file):
        Path(path).unlink(missing_ok=True)
