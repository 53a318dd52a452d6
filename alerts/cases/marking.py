"""A stretch of stored series, such as an episode on a chart, as a case of a rule: written in promtool's notation."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.core.exceptions import ValidationError

from alerts.cases.notation import CHECK_PREFIX, Named, Value
from alerts.cases.running import Outcome, run
from alerts.conditions import parse
from alerts.facts import CYCLE
from alerts.models import Case, Rule
from monitoring import series
from monitoring.health import feed
from monitoring.series import AT, VALUE, Kind, Stretch, from_ms, to_ms

MOST_SERIES = 50
MOST_STEPS = 4_000
LONGEST = timedelta(days=7)
USUAL_INTERVAL_SECONDS = 15
AROUND = timedelta(minutes=1)  # before and after it, so that the case shows how it began and ended


class MarkRefused(Exception):
    """Says why no case can be made of it."""


@dataclass(frozen=True, slots=True)
class Marked:
    """``instance`` is a fingerprint, as replay names it."""

    instance: str
    start: datetime
    end: datetime
    must_fire: bool


def mark(rule: Rule, marked: Marked) -> tuple[Case, Outcome]:
    """Stores the case, and runs it. Raises MarkRefused."""
    _refuse_odd(marked)
    begin = marked.start - _lookback(rule) - AROUND
    end = marked.end + AROUND
    own, others = _named(rule, marked.instance, begin, end)
    lines = [*own, *others]
    if not lines:
        raise MarkRefused("Nothing is stored of this instance in that time, so there is nothing to test.")
    interval = max(_interval_seconds(lines), math.ceil((end - begin).total_seconds() * len(lines) / MOST_STEPS))
    last_ms = max(at_ms for one in lines for at_ms, _ in one.values)
    written = [_line(one, begin, min(end, from_ms(last_ms)), interval) for one in lines]
    case = Case(
        rule=rule,
        name=_free_name(rule, marked),
        must_fire=marked.must_fire,
        instance=str(own[0].named) if own else "",
        interval_seconds=interval,
        series="\n".join(written),
    )
    try:
        case.full_clean()
    except ValidationError as refused:
        raise MarkRefused(" ".join(refused.messages)) from refused
    case.save()
    return case, run(rule, [case])[0]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one series or check said, with the kind of its values (None: a status)."""

    named: Named
    kind: Kind | None
    values: Sequence[tuple[int, float | str]]


def _refuse_odd(marked: Marked) -> None:
    if marked.end <= marked.start:
        raise MarkRefused("It ends before it begins.")
    if marked.end - marked.start > LONGEST:
        raise MarkRefused(f"It is longer than {LONGEST.days} days; mark a shorter part of it.")


def _lookback(rule: Rule) -> timedelta:
    """What has to be known before it: as far as windows look back, and as long as the rule waits."""
    spans = [one.window_seconds + one.offset_seconds for text in _texts(rule) for one in parse(text).questions]
    return timedelta(seconds=min(max(spans, default=0) + rule.for_seconds, int(LONGEST.total_seconds())))


def _texts(rule: Rule) -> Iterator[str]:
    return (text for text in (rule.condition, rule.worse_condition, rule.recovery_condition) if text)


def _named(rule: Rule, instance: str, begin: datetime, end: datetime) -> tuple[list[Recorded], list[Recorded]]:
    """The instance's own series, and those that windows of the rule look at."""
    metrics = {question.metric for text in _texts(rule) for question in parse(text).questions}
    found = [(subject, subject.fingerprint) for subject, _ in series.newest([instance])]
    name = found[0][0].name if found else ""
    stretches = series.stretches(metrics | {name} - {""}, to_ms(begin), to_ms(end), series.SUMMARIES)
    own = [one for one in stretches if found and one.metric == name and one.tags == found[0][0].tags]
    tags = dict(own[0].tags) if own else {}
    others = [one for one in stretches if one.metric in metrics and one not in own and _agrees(one, tags)]
    if len(others) > MOST_SERIES:
        raise MarkRefused(f"The rule's windows look at {len(others)} series; a case holds at most {MOST_SERIES}.")
    recorded = [_recorded(one) for one in own]
    if instance.startswith(CHECK_PREFIX):
        recorded = [*_checked(instance.removeprefix(CHECK_PREFIX), begin, end)]
    elif instance != CYCLE and not recorded:
        return [], []
    return recorded, [_recorded(one) for one in others]


def _agrees(stretch: Stretch, tags: dict[str, str]) -> bool:
    return all(tags.get(tag, value) == value for tag, value in stretch.tags.items())


def _recorded(stretch: Stretch) -> Recorded:
    values = [(row[AT], float(row[VALUE])) for row in stretch.rows]
    return Recorded(Named(stretch.metric, dict(stretch.tags)), stretch.kind, values)


def _checked(name: str, begin: datetime, end: datetime) -> Iterator[Recorded]:
    said = [(to_ms(one.at), one.status) for one in feed.between(begin, end) if one.name == name]
    if said:
        yield Recorded(Named(name, is_check=True), None, said)


def _interval_seconds(lines: Iterable[Recorded]) -> int:
    """The shortest usual step among them, so that no sample is lost."""
    steps = [
        (last - first) / 1000 / (len(one.values) - 1)
        for one in lines
        if len(one.values) > 1
        for first, last in [(one.values[0][0], one.values[-1][0])]
    ]
    return max(1, round(min(steps, default=USUAL_INTERVAL_SECONDS)))


def _line(recorded: Recorded, begin: datetime, end: datetime, interval_seconds: int) -> str:
    """The values on a grid: the last of each step, the slowest of a timing; a counter as its running total."""
    steps = round((end - begin).total_seconds() / interval_seconds) + 1
    grid: list[Value] = [None] * steps
    for at_ms, value in recorded.values:
        step = min(max(round((at_ms - to_ms(begin)) / 1000 / interval_seconds), 0), steps - 1)
        grid[step] = _together(grid[step], value, recorded.kind)
    if recorded.kind == Kind.COUNTER:
        grid = [*_totals(grid)]
    return f"{recorded.named} {' '.join(_runs(grid))}"


def _together(before: Value, value: float | str, kind: Kind | None) -> Value:
    if not isinstance(before, float) or not isinstance(value, float):
        return value
    if kind == Kind.COUNTER:
        return before + value
    return max(before, value) if kind == Kind.TIMING else value


def _totals(increments: Sequence[Value]) -> Iterator[Value]:
    """Running totals that grow by these; the first value is what it grew from."""
    total, has_begun = 0.0, False
    for place, value in enumerate(increments):
        if isinstance(value, float):
            total += value
            has_begun = True
            yield total
        else:
            is_before = not has_begun and place + 1 < len(increments) and increments[place + 1] is not None
            yield 0.0 if is_before else None


def _runs(grid: Sequence[Value]) -> Iterator[str]:
    for value, group in groupby(grid):
        count = len([*group])
        text = "_" if value is None else value if isinstance(value, str) else repr(value).removesuffix(".0")
        more = count if value is None else count - 1
        yield text if count == 1 else f"{text}x{more}"


def _free_name(rule: Rule, marked: Marked) -> str:
    word = "must fire" if marked.must_fire else "must not fire"
    name = f"{word} on {marked.start:%Y-%m-%d %H:%M:%S} UTC"
    taken = set(rule.cases.filter(name__startswith=name).values_list("name", flat=True))
    return next(one for one in (name, *(f"{name} ({number})" for number in range(2, 1000))) if one not in taken)
