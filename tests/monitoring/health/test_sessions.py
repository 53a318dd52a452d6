import sys
from datetime import UTC, datetime
from threading import current_thread
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from monitoring.health.running import Runner
from monitoring.health.sessions import SessionState, size_bytes
from monitoring.models import Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def streamlit(monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], *, is_running: bool = True) -> None:
    """What the check asks of Streamlit, which is no part of the console's environment."""
    script = current_thread() if is_running else None  # Streamlit binds its context to the thread of the script

    def get_script_run_ctx(suppress_warning: bool) -> object:
        return object() if current_thread() is script else None

    context = SimpleNamespace(get_script_run_ctx=get_script_run_ctx)
    runtime = SimpleNamespace(scriptrunner=context)
    monkeypatch.setitem(sys.modules, "streamlit", SimpleNamespace(runtime=runtime, session_state=state))


def test_outside_of_streamlit_there_is_no_such_check() -> None:
    assert not SessionState().is_enabled


def test_a_small_session_is_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    streamlit(monkeypatch, {"region": "SA2"})
    check = SessionState()
    assert check.is_enabled
    finding = check.find(NOW)
    assert (finding.status, finding.metadata["keys"]) == (Status.HEALTHY, 1)


def test_a_checker_within_a_script_sees_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    streamlit(monkeypatch, {"region": "SA2"})
    (result,) = Runner().run([SessionState()], NOW)
    assert (result.status, result.finding.metadata["keys"]) == (Status.HEALTHY, 1)


def test_a_hundred_keys_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    streamlit(monkeypatch, {str(number): number for number in range(100)})
    assert SessionState().find(NOW).status is Status.WARNING


def test_a_large_frame_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    streamlit(monkeypatch, {"frame": pd.DataFrame({"a": range(300_000)})})
    finding = SessionState(warning_mb=2).find(NOW)
    assert (finding.status, finding.metadata["size_mb"]) == (Status.WARNING, pytest.approx(2.29, abs=0.1))


def test_a_thread_without_a_script_has_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    streamlit(monkeypatch, {}, is_running=False)
    assert SessionState().find(NOW).status is Status.UNKNOWN


def test_containers_are_looked_into_and_estimated_when_long() -> None:
    assert size_bytes(["x" * 1000] * 10) > 10_000
    assert size_bytes([b"x" * 1000] * 5000) > 4_000_000
    endless: list[Any] = []
    endless.append(endless)
    assert size_bytes(endless) > 0
