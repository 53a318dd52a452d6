from pathlib import Path

import pytest

from benchmarks.report import Limit, Report

pytestmark = pytest.mark.once


def latency() -> Report:
    report = Report("latency", "How long?", machine="2 cores", measured_on="2026-11-23")
    report.row("a socket", "floor", 0.5, "s").row("Prometheus", "peer", 4, "s").row("AHGD Ops", "ours", 2, "s")
    report.row("throughput", "ours", 9000, "rules/s", lower_is_better=False)
    return report.limit("p50 at most 15 s", 2, 15)


def test_a_saved_report_is_read_back_as_it_was(tmp_path: Path) -> None:
    report = latency()
    assert Report.load(report.save(tmp_path)) == report


def test_ours_is_compared_with_rows_of_the_same_unit() -> None:
    assert [(ratio.other, ratio.times) for ratio in latency().ratios] == [("a socket", 4.0), ("Prometheus", 0.5)]


@pytest.mark.parametrize(
    ("value", "at_least", "met"), [(14, False, True), (15, False, True), (16, False, False), (14, True, False)]
)
def test_a_limit_is_met_up_to_and_with_its_bound(value: float, at_least: bool, met: bool) -> None:
    assert Limit("", value, 15, at_least).met is met


def test_a_report_names_the_limits_it_misses() -> None:
    report = latency().limit("at most 1 s", 2, 1)
    assert [limit.text for limit in report.missed] == ["at most 1 s"]


def test_a_figure_that_is_no_number_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        latency().row("broken", "ours", float("nan"), "s").save(tmp_path)
