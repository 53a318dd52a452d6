"""Replay: what a rule would have done over what is stored, and how that differs from what it does now.

report = replay(Draft.of(rule), now - timedelta(days=7), now)
report.summary  # fires 6 times, notifies 4 times, longest 41 min
"""

from alerts.replay.drafts import Draft
from alerts.replay.engine import replay
from alerts.replay.reading import ReplayTooLarge
from alerts.replay.report import Difference, Episode, Gap, Letter, Report, difference
from alerts.replay.spans import SpanRefused, span_of
from alerts.replay.suggestion import Suggestion, suggest

__all__ = [
    "Difference",
    "Draft",
    "Episode",
    "Gap",
    "Letter",
    "ReplayTooLarge",
    "Report",
    "SpanRefused",
    "Suggestion",
    "difference",
    "replay",
    "span_of",
    "suggest",
]
