from pathlib import Path

import psutil
import pytest

from ahgd_ops.processes import lifetime


@pytest.fixture
def prometheus_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return tmp_path


def test_counts_of_a_previous_run_are_forgotten(prometheus_directory: Path) -> None:
    (prometheus_directory / "counter_100.db").touch()
    lifetime.empty_prometheus_directory()
    assert list(prometheus_directory.iterdir()) == []


def test_with_one_web_process_nothing_is_forgotten_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    someones = tmp_path / "counter_100.db"
    someones.touch()
    lifetime.empty_prometheus_directory()
    lifetime.forget_process(100)
    assert someones.exists()


def test_of_a_dead_process_the_counts_stay_and_what_was_true_of_it_goes(prometheus_directory: Path) -> None:
    for name in ("counter_100.db", "gauge_livesum_100.db", "gauge_livesum_101.db"):
        (prometheus_directory / name).touch()
    lifetime.forget_process(100)
    kept = sorted(path.name for path in prometheus_directory.iterdir())
    assert kept == ["counter_100.db", "gauge_livesum_101.db"]


def test_a_process_shows_its_name() -> None:
    name = psutil.Process().name()
    try:
        lifetime.show_process_as("web-1")
        assert Path("/proc/self/comm").read_text(encoding="ascii") == "ahgd-web-1\n"
    finally:
        Path("/proc/self/comm").write_text(name, encoding="ascii")
