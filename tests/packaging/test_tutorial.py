"""Every command of the tutorial is run as it stands there, but for ports and where programs are installed."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import PROJECT_DIR
from tests.journeys.asking import ask, wait_until
from tests.packaging.conftest import Environment
from tests.servers import free_port

pytestmark = [pytest.mark.once, pytest.mark.debian("chromium"), pytest.mark.timeout(400)]
TUTORIAL = (PROJECT_DIR / "docs/tutorial/README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```", TUTORIAL, re.MULTILINE | re.DOTALL)
CONSOLE, INSTALL, GENERATE, DASHBOARD, LOOK, RULE, TOLD = range(7)
PATIENCE_SECONDS = 90


class Reader:
    """Somebody who follows it, in a directory that looks like the checkout and has a ``var`` of its own."""

    def __init__(self, directory: Path, environment: Environment) -> None:
        self.directory = directory
        self.port, self.dashboard_port = free_port(), free_port()
        for path in PROJECT_DIR.iterdir():
            if path.name not in ("var", ".venv") and not path.name.startswith(".venv"):
                (directory / path.name).symlink_to(path)
        self._changed = {
            ":8503": f":{self.port}",
            "8501": str(self.dashboard_port),
            ".venv/bin/": f"{Path(sys.executable).parent}/",  # before what has this directory in its place
            "./scripts/run": f"{sys.executable} manage.py up",
            ".venv-example/bin/": f"{environment.directory}/bin/",
            "generate.py var/health-data": "generate.py var/health-data --areas 120",
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._variables = kept | {"AHGD_PORT": str(self.port), "AHGD_HEALTH_PORT": str(free_port())}
        self._variables |= {"AHGD_EVALUATE_SECONDS": "2", "AHGD_STATE_DIR": str(directory / "var")}
        self._started: list[subprocess.Popen[bytes]] = []

    def follow(self, number: int) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-c", self._adapted(number)],
            cwd=self.directory, env=self._variables, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def begin(self, number: int) -> None:
        """A command that stays."""
        with (self.directory / f"output-{number}").open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", self._adapted(number)],
                cwd=self.directory, env=self._variables, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self._started.append(process)

    def click(self, clicks: int) -> None:
        """In a real browser, each page of the dashboard in turn."""
        url = f"http://localhost:{self.dashboard_port}"
        command = [sys.executable, "-m", "examples.demo.visitor", url, str(clicks), "0"]
        subprocess.run(command, cwd=PROJECT_DIR, check=True, timeout=300)

    def wait_until_answers(self, port: int, path: str) -> None:
        def answers() -> bool:
            try:
                return ask(port, path)[0] == 200
            except OSError:
                return False

        wait_until(answers, PATIENCE_SECONDS, self.said)

    def said(self) -> str:
        return "\n".join(path.read_text() for path in self.directory.glob("output-*"))

    def stop(self) -> None:
        for process in reversed(self._started):
            os.killpg(process.pid, signal.SIGTERM)
        for process in self._started:
            process.wait(60)

    def _adapted(self, number: int) -> str:
        text = COMMANDS[number]
        for old, new in self._changed.items():
            text = text.replace(old, new)
        return text


@pytest.fixture
def reader(tmp_path: Path, dashboard: Environment) -> Iterator[Reader]:
    """The fixture ``dashboard`` does what the command INSTALL says, with a wheel of the same source."""
    assert COMMANDS[INSTALL].splitlines() == [
        "python3 -m venv .venv-example",
        ".venv-example/bin/pip install . -r examples/health_dashboard/requirements.txt",
    ]
    reader = Reader(tmp_path, dashboard)
    yield reader
    reader.stop()


def test_who_follows_the_tutorial_has_a_watched_dashboard_and_an_alert(reader: Reader) -> None:
    assert len(COMMANDS) == 7
    reader.begin(CONSOLE)
    generated = reader.follow(GENERATE)
    assert "phidu_prevalence_sa2.parquet: " in generated.stdout, generated.stderr
    reader.wait_until_answers(reader.port, "/health/ready")
    reader.begin(DASHBOARD)
    reader.wait_until_answers(reader.dashboard_port, "/_stcore/health")
    created = reader.follow(RULE)
    assert created.returncode == 0, created.stderr

    reader.click(5)
    wait_until(lambda: reader.follow(LOOK).stdout.count("\n") >= 5, PATIENCE_SECONDS, reader.said)
    wait_until(lambda: "Inequality took" in reader.follow(TOLD).stdout, PATIENCE_SECONDS, reader.said)


def test_the_condition_in_the_text_is_the_one_of_the_code() -> None:
    (condition,) = re.findall(r"^```\n(name ==.*)\n```", TUTORIAL, re.MULTILINE)
    assert f"'''{condition}'''" in COMMANDS[RULE]
