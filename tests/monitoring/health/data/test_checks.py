import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as arrow
import pytest
from pyarrow import parquet
from pytest_django.fixtures import Settings

from monitoring.health.base import configured
from monitoring.health.data.checks import DataFileCheck, DataFiles, DataFreshness, DataQuality
from monitoring.health.data.files import PatternRefused, check_pattern, find
from monitoring.models import Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRESET = ("SA2_2021.parquet", "aihw_mortality.parquet", "PHIDU_data.parquet", "seifa_2021.parquet")


@pytest.fixture
def directory(tmp_path: Path, settings: Settings) -> Path:
    settings.CONFIG = replace(settings.CONFIG, data_dirs=(tmp_path,))
    return tmp_path


def put(directory: Path, name: str, hours_old: float = 1, rows: int = 3) -> Path:
    path = directory / name
    path.parent.mkdir(exist_ok=True)
    parquet.write_table(arrow.table({"sa2_code": list(range(rows))}), path)
    at = (NOW - timedelta(hours=hours_old)).timestamp()
    os.utime(path, (at, at))
    return path


def test_without_a_directory_nothing_is_checked() -> None:
    assert not any(check.name.startswith("data_") for check in configured())


def test_with_one_all_three_checks_run(directory: Path) -> None:
    assert {"data_files", "data_freshness", "data_quality"} <= {check.name for check in configured()}


def test_the_files_of_the_dashboard_are_looked_for_whatever_their_case(directory: Path) -> None:
    for name in PRESET:
        put(directory, name)
    finding = DataFiles().find(NOW)
    assert (finding.status, finding.metadata["files"]) == (Status.HEALTHY, 4)


def test_one_that_is_missing_or_empty_is_critical_and_named(directory: Path) -> None:
    for name in PRESET[:3]:
        put(directory, name)
    (directory / "aihw_mortality.parquet").write_bytes(b"")
    finding = DataFiles().find(NOW)
    assert finding.status is Status.CRITICAL
    assert finding.message == "*seifa*.parquet is missing; aihw_mortality.parquet is empty"


@pytest.mark.parametrize(
    ("hours_old", "status"), [(23, Status.HEALTHY), (24, Status.WARNING), (168, Status.CRITICAL), (-1, Status.HEALTHY)]
)
def test_the_oldest_file_decides_how_fresh_they_are(directory: Path, hours_old: float, status: Status) -> None:
    put(directory, "sa2.parquet", hours_old=0)
    put(directory, "seifa.parquet", hours_old=hours_old)
    assert DataFreshness().find(NOW).status is status


def test_of_several_files_of_one_pattern_the_latest_counts(directory: Path) -> None:
    put(directory, "seifa_2016.parquet", hours_old=1000)
    put(directory, "seifa_2021.parquet", hours_old=1)
    assert DataFreshness().find(NOW).status is Status.HEALTHY


def test_without_files_freshness_and_quality_are_unknown(directory: Path) -> None:
    assert DataFreshness().find(NOW).status is Status.UNKNOWN
    assert DataQuality(rules={"*.parquet": {}}).find(NOW).status is Status.UNKNOWN


def test_a_file_that_breaks_a_rule_is_critical_and_named(directory: Path) -> None:
    put(directory, "sa2.parquet")
    finding = DataQuality(rules={"sa2*": {"rows": [5, None]}}).find(NOW)
    assert (finding.status, finding.message) == (Status.CRITICAL, "sa2.parquet: 3 rows, at least 5 expected")


def test_a_file_is_read_anew_when_it_has_changed(directory: Path) -> None:
    check = DataQuality(rules={"sa2*": {"rows": [5, None]}})
    put(directory, "sa2.parquet", hours_old=2)
    assert check.find(NOW).status is Status.CRITICAL
    put(directory, "sa2.parquet", hours_old=1, rows=5)
    assert check.find(NOW).status is Status.HEALTHY


def test_a_file_that_has_not_changed_is_not_read_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = DataQuality(rules={"sa2*": {"rows": [4, None]}})
    put(directory, "sa2.parquet")
    first = check.find(NOW)
    monkeypatch.setattr("monitoring.health.data.parquet.problems", lambda path, rules: [])
    assert check.find(NOW) == first


def test_what_is_no_parquet_file_is_told(directory: Path) -> None:
    (directory / "sa2.csv").write_text("sa2_code\n1\n")
    (directory / "sa2.parquet").write_text("sa2_code\n1\n")
    finding = DataQuality(rules={"sa2.*": {}}).find(NOW)
    assert finding.metadata["problems"] == 2
    assert "sa2.csv: is no Parquet file" in finding.message
    assert "sa2.parquet: cannot be read: ArrowInvalid" in finding.message


def test_a_check_that_was_entered_looks_at_presence_rules_and_age(directory: Path) -> None:
    check = DataFileCheck(pattern="2021/sa2.parquet", rules={"rows": [3, None]}, warning_hours=5, critical_hours=10)
    assert check.find(NOW).status is Status.CRITICAL
    for hours_old, status in ((1, Status.HEALTHY), (6, Status.WARNING), (11, Status.CRITICAL)):
        put(directory, "2021/sa2.parquet", hours_old=hours_old)
        assert check.find(NOW).status is status
    put(directory, "2021/sa2.parquet", rows=2)
    assert check.find(NOW).message == "sa2.parquet: 2 rows, at least 3 expected"


@pytest.mark.parametrize("pattern", ["/etc/passwd", "../secret.parquet", "a/../../b", "", "a/", "x\0"])
def test_nothing_outside_the_directories_is_looked_at(directory: Path, pattern: str) -> None:
    with pytest.raises(PatternRefused, match="below AHGD_DATA_DIRS"):
        check_pattern(pattern)
    assert DataFileCheck(pattern=pattern).find(NOW).status is Status.UNKNOWN


def test_a_link_that_leads_outside_is_not_followed(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    put(elsewhere, "secret.parquet")
    (directory / "link").symlink_to(elsewhere)
    assert find("link/*.parquet") == []


def test_without_a_directory_a_pattern_says_what_to_set() -> None:
    with pytest.raises(PatternRefused, match="AHGD_DATA_DIRS"):
        check_pattern("sa2.parquet")


@pytest.mark.parametrize(
    ("limits", "status"),
    [({"critical_hours": 5}, Status.CRITICAL), ({"warning_hours": 5}, Status.WARNING), ({}, Status.HEALTHY)],
)
def test_the_age_is_judged_by_each_limit_alone(directory: Path, limits: dict[str, float], status: Status) -> None:
    put(directory, "sa2.parquet", hours_old=6)
    assert DataFileCheck(pattern="sa2.parquet", **limits).find(NOW).status is status


def test_a_file_that_could_not_be_read_is_read_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(24, "Too many open files")

    put(directory, "sa2.parquet")
    check = DataFileCheck(pattern="sa2.parquet")
    with monkeypatch.context() as while_it_fails:
        while_it_fails.setattr("monitoring.health.data.parquet.parquet.ParquetFile", fail)
        assert "Too many open files" in check.find(NOW).message
    assert check.find(NOW).status is Status.HEALTHY


def test_a_file_that_was_replaced_by_one_as_old_and_large_is_read_anew(directory: Path) -> None:
    check = DataFileCheck(pattern="sa2.parquet", rules={"ranges": {"sa2_code": [0, 3]}})
    path = put(directory, "sa2.parquet")
    assert check.find(NOW).status is Status.HEALTHY
    other = put(directory, "other.parquet")
    parquet.write_table(arrow.table({"sa2_code": [0, 1, 9]}), other)
    assert other.stat().st_size == path.stat().st_size
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    assert check.find(NOW).status is Status.CRITICAL


def test_a_thousand_other_files_hide_none(directory: Path) -> None:
    for number in range(1001):
        (directory / f"a{number:04}.txt").touch()
    put(directory, "sa2.parquet")
    assert [file.name for file in find("sa2.*")] == ["sa2.parquet"]


def test_a_link_to_nowhere_is_no_file(directory: Path) -> None:
    (directory / "sa2.parquet").symlink_to(directory / "gone.parquet")
    assert find("sa2.*") == []
