"""What a condition that is being written would say now: where it is refused, what it warns of, and its verdicts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from alerts.conditions import Condition, ConditionBroken, ConditionRefused, Truth, parse
from alerts.facts import Fact, of_check, of_cycle, of_sample
from alerts.windows import Windows
from monitoring import catalogue, series
from monitoring.health import feed
from monitoring.series import to_ms

MOST_INSTANCES = 20


@dataclass(frozen=True, slots=True)
class Line:
    """The verdict on one subject's latest value."""

    subject: str
    value: float
    verdict: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """``position`` counts characters from the start of the text; None where nothing is refused."""

    message: str = ""
    advice: str = ""
    position: int | None = None
    warnings: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    is_shortened: bool = False


def draft(text: str, now: datetime) -> Draft:
    """A text as it would be judged if it were saved now; nothing is written."""
    try:
        condition = parse(text)
    except ConditionRefused as refused:
        return Draft(refused.message, refused.advice, refused.position)
    lines = list(_lines(condition, now))
    return Draft("", "", None, unknown_metrics(condition), lines[:MOST_INSTANCES], len(lines) > MOST_INSTANCES)


def unknown_metrics(condition: Condition) -> list[str]:
    """A metric that windows look at and nobody ever recorded: it may come later, so this only warns."""
    names = sorted({question.metric for question in condition.questions})
    return [
        f"No metric {name!r} was recorded yet: its windows are empty until it is."
        for name in names
        if catalogue.find(name) is None and not series.is_known(name)
    ]


def _lines(condition: Condition, now: datetime) -> Iterable[Line]:
    for fact in _subjects(condition, now):
        try:
            truth = condition.verdict(fact.facts)
        except ConditionBroken as broken:
            yield Line(fact.subject, fact.value, "broken", broken.reason)
        else:
            yield Line(fact.subject, fact.value, "no data" if truth is Truth.UNKNOWN else truth.value)


def _subjects(condition: Condition, now: datetime) -> Iterable[Fact]:
    windows = Windows(to_ms(now))
    if not condition.facts:
        metrics = sorted({question.metric for question in condition.questions})
        return [of_cycle("the past of " + ", ".join(metrics), now, windows)]
    selector = condition.selector
    wanted = [
        subject.fingerprint
        for subject in series.subjects().values()
        if selector.matches(subject.name, subject.category, subject.tags)
    ][: MOST_INSTANCES + 1]
    found = [of_sample(sample, subject, now, windows) for subject, sample in series.newest(wanted)]
    checks = [one for one in feed.newest() if selector.matches(one.name, is_health=True)]
    return found + [of_check(one, now, windows) for one in checks]
