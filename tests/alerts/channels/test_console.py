import os
import sys

import pytest

from alerts.channels.base import PermanentFailure, TransientFailure
from alerts.channels.console import ConsoleTransport
from tests.alerts.told import a_message


def test_a_message_is_one_line_on_the_real_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    ConsoleTransport().send(a_message(summary="one\ntwo"), {}, "")

    (line,) = capfd.readouterr().out.splitlines()
    assert line.startswith("2026-03-04 05:06:07 UTC [High] high_cpu_usage: ")
    assert "one two http://localhost:8503/ops/alerts/7/" in line


def test_a_process_without_standard_output_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdout__", None)

    with pytest.raises(PermanentFailure, match="no standard output"):
        ConsoleTransport().send(a_message(), {}, "")


def test_a_reader_that_has_gone_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(OSError), os.fdopen(writing, "w") as terminal:
        monkeypatch.setattr(sys, "__stdout__", terminal)
        with pytest.raises(TransientFailure, match="Broken pipe"):
            ConsoleTransport().send(a_message(), {}, "")
