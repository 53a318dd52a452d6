from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.drawing import draw, figure
from benchmarks.render import text, write
from tests.benchmarks.test_report import latency

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (0.012345, "0.0123"), (4.5678, "4.57"), (789.4, "789"), (12345, "12,300")]
)
def test_figures_have_three_digits(value: float, written: str) -> None:
    assert figure(value) == written


def test_the_table_shows_floor_peers_and_ours_with_the_multiple_of_each() -> None:
    lines = [line.split() for line in text([latency()]).splitlines()]
    assert ["latency", "Prometheus", "peer", "4", "s", "0.5", "x"] in lines
    assert ["latency", "AHGD", "Ops", "ours", "2", "s"] in lines


def test_limits_are_told_met_or_not() -> None:
    report = latency().limit("at most 1 s", 2, 1)
    assert "✓ met: p50 at most 15 s (measured 2)" in text([report])
    assert "✗ NOT MET: at most 1 s (measured 2)" in text([report])


def test_the_drawing_is_well_formed_and_has_a_bar_for_each_row() -> None:
    report = latency().row("<&>", "peer", 0, "s")
    bars = ElementTree.fromstring(draw(report)).findall("{http://www.w3.org/2000/svg}rect")  # noqa: S314 - ours
    assert len(bars) == len(report.rows)


def test_the_page_shows_the_drawing_that_lies_beside_the_figures(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    write([latency()], tmp_path / "results")
    assert "![How long?](results/latency.svg)" in (tmp_path / "RESULTS.md").read_text()
    assert (tmp_path / "results" / "latency.svg").exists()
