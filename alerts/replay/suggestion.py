"""A threshold that would make a noisy rule quiet, and how often the rule would fire with it."""

from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta

from alerts.conditions import Condition, ConditionRefused, Direction, parse
from alerts.replay.course import Progress
from alerts.replay.drafts import Draft
from alerts.replay.engine import replay
from alerts.replay.report import Report

WANTED_A_DAY = 1.0
"""Fires a day that somebody can look into; a rule with fewer needs no other threshold."""
TRIES = 6


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``condition`` is the text with ``threshold`` in place of the number it has."""

    threshold: float
    condition: str
    fires: int


def suggest(draft: Draft, report: Report, progress: Progress | None = None) -> Suggestion | None:
    """The threshold nearest to the present one at which the rule fires at most once a day, by replays of its own.

    Candidates are the values it was judged on, to three digits. None where the rule is quiet enough, compares ``value``
    with no number or in more than one place, or no candidate makes it quiet. ``progress`` is told of every replay.
    """
    condition = _parsed(draft.rule.condition)
    threshold = None if condition is None else condition.threshold
    wanted = max(1, int((report.end - report.start) / timedelta(days=1) * WANTED_A_DAY))
    if condition is None or threshold is None or report.fires <= wanted:
        return None
    beyond = sorted(report.peaks, reverse=threshold.direction is Direction.BELOW)
    found: Suggestion | None = None
    low, high = 0, len(beyond) - 1
    for _ in range(TRIES):
        if low > high:
            break
        middle = (low + high) // 2
        text = with_threshold(condition, beyond[middle])
        fires = _fires(draft, text, report, progress)
        if fires <= wanted:
            found, high = Suggestion(beyond[middle], text, fires), middle - 1
        else:
            low = middle + 1
    return found


def with_threshold(condition: Condition, value: float) -> str:
    """The text with another number in place of its threshold."""
    threshold = condition.threshold
    if threshold is None:
        return condition.text
    start, end = threshold.span
    return f"{condition.text[:start]}{value:g}{condition.text[end:]}"


def _fires(draft: Draft, text: str, report: Report, progress: Progress | None) -> int:
    rule = copy(draft.rule)
    rule.condition = text
    return replay(replace(draft, rule=rule), report.start, report.end, progress).fires


def _parsed(text: str) -> Condition | None:
    try:
        return parse(text)
    except ConditionRefused:
        return None
