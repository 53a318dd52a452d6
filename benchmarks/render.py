"""Prints all saved reports in one table and writes them with their drawings to ``benchmarks/RESULTS.md``.

Ends with 1 when a limit is not met.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.drawing import draw, figure
from benchmarks.report import RESULTS_DIR, Limit, Report, saved_reports

HEADINGS = ("bench", "what", "role", "figure", "ours is")


def cells(report: Report) -> Iterable[tuple[str, ...]]:
    """The rows of a report as text; beside each floor and peer, the multiple of it that the first of ours is."""
    beside = {ratio.other: ratio.times for ratio in reversed(report.ratios)}
    for row in report.rows:
        times = f"{figure(beside[row.label])} x" if row.label in beside and row.role != "ours" else ""
        yield report.name, row.label, row.role, f"{figure(row.value)} {row.unit}", times


def verdict(limit: Limit) -> str:
    return f"{'✓ met' if limit.met else '✗ NOT MET'}: {limit.text} (measured {figure(limit.value)})"


def table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                     for row in rows)  # fmt: skip


def text(reports: list[Report]) -> str:
    rows = [HEADINGS, *(row for report in reports for row in cells(report))]
    verdicts = [f"{report.name}  {verdict(limit)}" for report in reports for limit in report.limits]
    return "\n".join([table(rows), "", *verdicts])


def markdown(reports: list[Report]) -> str:
    sections = "\n".join(_section(report) for report in reports)
    return f"# Results\n\nMade by `scripts/bench`; the figures are in `results/` as JSON.\n\n{sections}"


def _section(report: Report) -> str:
    lines = [
        f"## {report.name}", "", report.question, "",
        f"Measured on {report.measured_on}: {report.machine}.", "",
        f"![{report.question}](results/{report.name}.svg)", "",
        f"| {' | '.join(HEADINGS[1:])} |", "|---|---|--:|--:|",
        *(f"| {' | '.join(row[1:])} |" for row in cells(report)), "",
        *(f"- {verdict(limit)}" for limit in report.limits), "",
    ]  # fmt: skip
    return "\n".join(lines)


def write(reports: list[Report], directory: Path = RESULTS_DIR) -> None:
    """Writes the drawings into ``directory`` and RESULTS.md beside it."""
    for report in reports:
        (directory / f"{report.name}.svg").write_text(draw(report), encoding="utf-8")
    (directory.parent / "RESULTS.md").write_text(markdown(reports), encoding="utf-8")


def main() -> int:
    reports = saved_reports()
    write(reports)
    print(text(reports))
    return 1 if any(report.missed for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
