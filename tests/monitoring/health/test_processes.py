import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from monitoring.health.processes import FileHandles, ProcessMemory
from monitoring.models import Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_process_is_judged_by_the_memory_it_may_have(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, max_memory_mb=1048576)
    finding = ProcessMemory().find(NOW)
    assert finding.status is Status.HEALTHY
    assert finding.metadata["largest_bytes"] > 2**20
    assert finding.metadata["processes"] >= 1


def test_a_process_that_has_more_is_a_warning(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, max_memory_mb=64)
    monkeypatch.setattr("monitoring.health.processes._MIB", 1)
    assert ProcessMemory().find(NOW).status is Status.WARNING


def test_open_files_are_counted_and_judged_by_their_limit() -> None:
    before = FileHandles(101, 101).find(NOW)
    assert before.status is Status.HEALTHY
    assert before.metadata["open"] >= 3
    assert FileHandles(0, 101).find(NOW).status is Status.WARNING
    assert FileHandles(0, 0).find(NOW).status is Status.CRITICAL


def test_a_file_that_is_opened_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.health.processes._host", list)
    before = FileHandles().find(NOW).metadata["open"]
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(50)]
    try:
        assert FileHandles().find(NOW).metadata["open"] >= before + 40
    finally:
        for number in opened:
            os.close(number)
