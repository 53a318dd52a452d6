import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from ahgd_ops import health_command
from ahgd_ops.config import ProductionConfig
from ahgd_ops.processes import heartbeat
from tests.checkout import PROJECT_DIR
from tests.servers import free_port


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded machine may take its time."""
    monkeypatch.setattr(health_command, "ANSWER_SECONDS", 60.0)


@pytest.fixture
def config(tmp_path: Path, httpserver: HTTPServer) -> Iterator[ProductionConfig]:
    yield ProductionConfig(state_dir=tmp_path, bind="127.0.0.1", health_endpoint_port=httpserver.port)


def told(question: str, config: ProductionConfig, role: str | None = None) -> list[tuple[str, bool, str]]:
    return [(one.role, one.is_good, one.text) for one in health_command.examine(question, role, config)]


@pytest.mark.parametrize(
    ("question", "path", "body", "code", "answer"),
    [
        ("live", "/health/live", {"alive": True, "uptime_seconds": 12.4}, 200, ("web", True, "alive, up for 12 s")),
        ("ready", "/health/ready", {"ready": True, "down": []}, 200, ("web", True, "ready")),
        ("ready", "/health/ready", {"ready": False, "down": ["database"]}, 503, ("web", False, "not ready: database")),
        ("all", "/health", {"status": "warning", "uptime_seconds": 3}, 200, ("web", True, "warning, up for 3 s")),
        ("all", "/health", {"status": "critical", "uptime_seconds": 3}, 503, ("web", False, "critical, up for 3 s")),
    ],
)
def test_the_web_process_is_asked_over_http(
    config: ProductionConfig, httpserver: HTTPServer, question: str, path: str, body: dict[str, object], code: int,
    answer: tuple[str, bool, str],
) -> None:  # fmt: skip
    httpserver.expect_request(path).respond_with_json(body, status=code)
    assert told(question, config) == [answer]


def test_a_web_process_that_is_not_there_is_bad(tmp_path: Path) -> None:
    config = ProductionConfig(state_dir=tmp_path, health_endpoint_port=free_port(), bind="0.0.0.0")
    ((role, is_good, text),) = told("live", config)
    assert (role, is_good) == ("web", False)
    assert "no answer at 127.0.0.1" in text


def test_an_answer_that_is_no_json_is_bad(config: ProductionConfig, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/health/live").respond_with_data("<html>")
    assert told("live", config)[0][1] is False


def test_worker_and_beat_are_known_by_their_signs_of_life(config: ProductionConfig, settings: Settings) -> None:
    settings.STATE_DIR = config.state_dir
    ((_, is_good, text),) = told("live", config, "worker")
    assert (is_good, "no sign of life" in text) == (False, True)
    heartbeat.beat("worker")
    assert told("live", config, "worker")[0][1] is True
    old = time.time() - heartbeat.LATEST_SECONDS - 60
    os.utime(config.state_dir / "heartbeats" / "worker", (old, old))
    ((_, is_good, text),) = told("ready", config, "worker")
    assert (is_good, text.startswith("silent, last sign ")) == (False, True)


def test_all_asks_those_that_were_started_here(
    config: ProductionConfig, httpserver: HTTPServer, settings: Settings
) -> None:
    httpserver.expect_request("/health").respond_with_json({"status": "healthy"})
    settings.STATE_DIR = config.state_dir
    heartbeat.beat("beat")
    assert [role for role, _, _ in told("all", config)] == ["web", "beat"]


def test_a_sign_that_cannot_be_written_is_no_reason_to_end(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "heartbeats").write_text("in the way")
    settings.STATE_DIR = tmp_path
    heartbeat.beat("worker")
    assert heartbeat.age_seconds(tmp_path, "worker") is None


def ask(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "health", *arguments]
    environ = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(command, cwd=PROJECT_DIR, env=environ, capture_output=True, text=True, check=False)


def test_the_command_ends_with_0_or_1_and_says_why(settings: Settings, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    heartbeat.beat("worker")
    sign = tmp_path / "heartbeats" / "worker"
    os.utime(sign, (time.time() + 3600,) * 2)  # however long the command takes to start
    good, bad = (ask("live", "--role", role, AHGD_STATE_DIR=str(tmp_path)) for role in ("worker", "beat"))
    assert (good.returncode, good.stdout[:15]) == (0, "worker: alive, ")
    assert (bad.returncode, "no sign of life" in bad.stderr) == (1, True)


def test_a_wrong_variable_is_one_line() -> None:
    done = ask("live", AHGD_PORT="many")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "AHGD_PORT='many'" in done.stderr


def test_the_command_loads_no_django() -> None:
    code = "import sys; import ahgd_ops.__main__, ahgd_ops.health_command; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT_DIR, check=False).returncode == 0
