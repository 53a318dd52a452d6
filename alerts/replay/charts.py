"""What the chart of a replay draws: the series that matter, the threshold, episodes and gaps as bands."""

from collections.abc import Mapping
from typing import Any

from alerts.conditions import Condition
from alerts.facts import subject_text
from alerts.models import Severity
from alerts.replay.report import Episode, Report
from monitoring import catalogue, series
from monitoring.series import Points, to_ms

MOST_SERIES = 4
MOST_POINTS = 800
LEVELS: Mapping[Severity, str] = {
    Severity.LOW: "info",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "critical",
    Severity.CRITICAL: "critical",
}


def chart_of(condition: Condition, report: Report) -> dict[str, Any] | None:
    """None where the condition names no single metric: there is no one unit to draw."""
    names = condition.selector.names or frozenset(question.metric for question in condition.questions)
    if len(names) != 1:
        return None
    (metric,) = names
    declared = catalogue.find(metric)
    start_ms, end_ms = to_ms(report.start), to_ms(report.end)
    shown = _shown(metric, condition, report, start_ms, end_ms)
    return {
        "metric": metric,
        "unit": declared.unit if declared is not None else "",
        "from": start_ms,
        "to": end_ms,
        "series": [_line(one) for one in shown],
        "thresholds": _limits(condition, report),
        "bands": [_band(one) for one in report.episodes] + _unknown(report),
    }


def _shown(metric: str, condition: Condition, report: Report, start_ms: int, end_ms: int) -> list[Points]:
    """Those that fired most, then others, as far as there is room."""
    fires = [one.subject for one in report.episodes]
    found = [
        one
        for one in series.points(metric, start_ms, end_ms, MOST_POINTS)
        if condition.selector.matches(metric, None, one.tags) or condition.selector.category is not None
    ]
    return sorted(found, key=lambda one: -fires.count(_text(metric, one)))[:MOST_SERIES]


def _text(metric: str, points: Points) -> str:
    return subject_text(series.Subject(points.series_id, metric, "", points.tags, ""))


def _line(points: Points) -> dict[str, Any]:
    label = ", ".join(str(value) for _, value in sorted(points.tags.items()))
    return {"id": points.series_id, "label": label, "at": points.at_ms, "value": points.values}


def _limits(condition: Condition, report: Report) -> list[dict[str, Any]]:
    threshold = condition.threshold
    if threshold is None:
        return []
    level = "warning"
    limit = {"rule": "threshold", "value": threshold.value, "direction": threshold.direction.value, "level": level}
    return [limit]


def _band(episode: Episode) -> dict[str, Any]:
    ended = None if episode.ended_at is None else to_ms(episode.ended_at)
    return {"from": to_ms(episode.started_at), "to": ended, "level": LEVELS[Severity(episode.severity)]}


def _unknown(report: Report) -> list[dict[str, Any]]:
    return [{"from": to_ms(gap.started_at), "to": to_ms(gap.ended_at), "level": "unknown"} for gap in report.gaps]
