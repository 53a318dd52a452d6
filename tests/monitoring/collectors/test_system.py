from pathlib import Path

import pytest

from monitoring.collectors import cgroup
from monitoring.collectors.system import CpuCollector, CpuTimes, DiskCollector, MemoryCollector, percent_between


def values(readings: object) -> dict[str, float]:
    return {reading.name: reading.value for reading in readings}  # type: ignore[attr-defined]  # any iterable of readings


def test_the_first_reading_of_the_cpu_compares_two_looks() -> None:
    looks = iter([CpuTimes(100, 1000), CpuTimes(102, 1004)])
    waited: list[float] = []
    cpu = CpuCollector(read=lambda: next(looks), wait=waited.append)
    assert values(cpu.collect()) == {"cpu_usage_percent": 50}
    assert waited == [0.5]


def test_later_readings_of_the_cpu_compare_with_the_one_before() -> None:
    looks = iter([CpuTimes(0, 0), CpuTimes(0, 2), CpuTimes(5, 22)])
    waited: list[float] = []
    cpu = CpuCollector(read=lambda: next(looks), wait=waited.append)
    cpu.collect()
    assert values(cpu.collect()) == {"cpu_usage_percent": 25}
    assert len(waited) == 1


@pytest.mark.parametrize(
    ("earlier", "later", "percent"),
    [((0, 0), (1, 1), 100), ((0, 0), (2, 1), 100), ((5, 0), (4, 10), 0), ((1, 1), (1, 1), None)],
)
def test_a_share_of_processor_time_stays_between_0_and_100(
    earlier: tuple[float, float], later: tuple[float, float], percent: float | None
) -> None:
    assert percent_between(CpuTimes(*earlier), CpuTimes(*later)) == percent


def test_this_machine_has_memory_and_a_disk_in_use() -> None:
    assert 0 < values(MemoryCollector().collect())["memory_usage_percent"] <= 100
    mounts = {dict(reading.tags)["mount"] for reading in DiskCollector().collect()}
    assert "/" in mounts


def test_a_containers_limits_count_instead_of_the_hosts(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 150\n")
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    assert cgroup.memory_percent(tmp_path) == 75
    assert cgroup.cpu_limit(tmp_path) == 1.5
    assert cgroup.cpu_seconds(tmp_path) == 2.5


def test_without_limits_the_host_counts(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cgroup.memory_percent(tmp_path) is None
    assert cgroup.cpu_limit(tmp_path) is None
    assert cgroup.cpu_seconds(tmp_path) is None
