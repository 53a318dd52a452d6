"""The fact that a rule was judged on at a time, and what its windows held then, from what is stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts import facts
from alerts.facts import CHECK_PREFIX, CYCLE, Fact
from alerts.replay.history import History
from alerts.rulebook import Compiled
from alerts.windows import Windows, spans_of
from monitoring import series
from monitoring.health import feed
from monitoring.series import SUMMARIES, to_ms

LOOKS_BACK = timedelta(hours=6)
"""For the latest sample; what was silent for longer has nothing to be judged on."""


@dataclass(frozen=True, slots=True)
class Moment:
    """``fact`` is None where nothing was known of the subject."""

    at: datetime
    fact: Fact | None
    windows: Windows


def moment_of(rule: Compiled, fingerprint: str, at: datetime) -> Moment:
    questions = [question for one in rule.conditions for question in one.questions]
    asked = spans_of(questions)
    lookback = timedelta(seconds=max((sum(span) for span in asked), default=0))
    history = History(now_ms=to_ms(at))
    subject = series.subject_of(fingerprint)
    metrics = {question.metric for question in questions} | ({subject.name} if subject is not None else set())
    _read(history, metrics, at - max(lookback, LOOKS_BACK), at)
    windows = Windows(history.now_ms, asked, history)
    if fingerprint == CYCLE:
        names = ", ".join(sorted({question.metric for question in questions}))
        return Moment(at, facts.of_cycle(f"the past of {names}", at, windows), windows)
    if fingerprint.startswith(CHECK_PREFIX):
        history.results = feed.between(at - LOOKS_BACK, at)
    return Moment(at, facts.latest([fingerprint], at, windows, history).get(fingerprint), windows)


def _read(history: History, metrics: set[str], start: datetime, end: datetime) -> None:
    if not metrics:
        return
    found = series.stretches(metrics, to_ms(start), to_ms(end), SUMMARIES)
    subjects = series.subjects([one.series_id for one in found])
    for stretch in found:
        if stretch.series_id in subjects:
            history.add(stretch, subjects[stretch.series_id])
