"""A report as bars, in an SVG that needs nothing else and follows the reader's light or dark."""

from collections.abc import Iterator
from html import escape

from benchmarks.report import Report, Row

WIDTH, LABEL_WIDTH, FIGURE_WIDTH = 760, 300, 110
BAR, GAP, PANEL_GAP, TOP = 18, 10, 26, 14
SCALE = WIDTH - LABEL_WIDTH - FIGURE_WIDTH

STYLE = """
text{font:13px system-ui,sans-serif;fill:#1b1f24}
.unit{fill:#57606a}.floor{fill:#8c959f}.peer{fill:#d55e00}.ours{fill:#0072b2}.ours-label{font-weight:600}
@media(prefers-color-scheme:dark){
text{fill:#e6e8ea}.unit{fill:#9aa4ae}.floor{fill:#6b747d}.peer{fill:#ff8a3d}.ours{fill:#56b4e9}}
"""


def figure(value: float) -> str:
    """Three digits are what a measurement is good for: 0.0123, 4.56, 789, 12,300."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def draw(report: Report) -> str:
    """One panel of bars for each unit, each with its own scale from 0."""
    body: list[str] = []
    y = TOP
    for unit, rows in panels(report):
        better = "less is better" if rows[0].lower_is_better else "more is better"
        body.append(f'<text class="unit" x="0" y="{y + 4}">{escape(unit)}, {better}</text>')
        y += GAP + 6
        largest = max(row.value for row in rows) or 1
        for row in rows:
            body += _bar(row, y, row.value / largest)
            y += BAR + GAP
        y += PANEL_GAP - GAP
    title = f"<title>{escape(report.question)}</title>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" role="img">'
        f"{title}<style>{STYLE}</style>{''.join(body)}</svg>\n"
    )


def panels(report: Report) -> Iterator[tuple[str, list[Row]]]:
    """Rows by unit, units and rows in the order in which the bench added them."""
    for unit in dict.fromkeys(row.unit for row in report.rows):
        yield unit, [row for row in report.rows if row.unit == unit]


def _bar(row: Row, y: int, share: float) -> Iterator[str]:
    """The role is in the label too: colour alone tells nobody anything."""
    width = max(1, round(share * SCALE))
    label = row.label if row.role == "ours" else f"{row.label} ({row.role})"
    weight = ' class="ours-label"' if row.role == "ours" else ""
    baseline = y + BAR - 5
    yield f'<text{weight} x="{LABEL_WIDTH - 10}" y="{baseline}" text-anchor="end">{escape(label)}</text>'
    yield f'<rect class="{row.role}" x="{LABEL_WIDTH}" y="{y}" width="{width}" height="{BAR}" rx="2"/>'
    yield f'<text{weight} x="{LABEL_WIDTH + width + 8}" y="{baseline}">{figure(row.value)}</text>'
