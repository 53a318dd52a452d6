"""Why a rule fired on an instance at a time, or why it did not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from alerts.conditions import Condition, ConditionBroken, Truth
from alerts.explain.clocks import Clock, clock_of
from alerts.explain.gating import Telling, tellings_of
from alerts.explain.moments import Moment, moment_of
from alerts.explain.tracing import Part, parts_of
from alerts.facts import CHECK_PREFIX, CYCLE, subject_text
from alerts.models import Alert, Instance, Rule
from alerts.rulebook import Compiled, compile_rule
from alerts.states import State
from monitoring import series
from monitoring.health import feed

NOW_WITHIN = timedelta(seconds=5)
MOST_INSTANCES = 200


@dataclass(frozen=True, slots=True)
class Traced:
    """One of the rule's conditions: its text, its verdict, and what its parts were worth."""

    role: str
    text: str
    verdict: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    rule: str
    instance: str
    subject: str
    at: datetime
    conditions: tuple[Traced, ...]
    clock: Clock | None
    alert: Alert | None
    tellings: tuple[Telling, ...]
    trouble: str = ""
    """Why nothing can be said of the conditions."""

    @property
    def sentence(self) -> str:
        if self.trouble:
            return self.trouble
        verdict = self.conditions[0].verdict
        state = "" if self.clock is None else f"; {self.clock.sentence}"
        return f"The condition is {verdict}{state}."


@dataclass(frozen=True, slots=True)
class Known:
    """An instance that can be asked about."""

    fingerprint: str
    subject: str
    state: str


def explain(rule: Rule, fingerprint: str, at: datetime, now: datetime) -> Explanation:
    """At ``at``, which is at most ``now``; a time of the last few seconds is explained from the present rows."""
    compiled = compile_rule(rule, rule.depends_on.values_list("pk", flat=True))
    alert = _alert_at(rule, fingerprint, at)
    tellings = () if alert is None else tuple(tellings_of(alert, at))
    if compiled.refusal:
        trouble = f"The rule cannot be judged: {compiled.refusal}"
        return Explanation(rule.name, fingerprint, fingerprint, at, (), None, alert, tellings, trouble)
    moment = moment_of(compiled, fingerprint, at)
    clock = clock_of(rule, compiled, fingerprint, at, is_now=now - at <= NOW_WITHIN)
    if moment.fact is None:
        subject = fingerprint if alert is None else alert.subject
        trouble = f"Nothing was known of it at {at:%Y-%m-%d %H:%M:%S} UTC, nor 6 hours before."
        return Explanation(rule.name, fingerprint, subject, at, (), clock, alert, tellings, trouble)
    conditions = tuple(_traced(compiled, moment))
    return Explanation(rule.name, fingerprint, moment.fact.subject, at, conditions, clock, alert, tellings)


def instances_of(rule: Rule) -> list[Known]:
    """What the rule is about now: those that are not ok first."""
    compiled = compile_rule(rule)
    if compiled.condition is None:
        return []
    states = dict(Instance.objects.filter(rule=rule).values_list("fingerprint", "state"))
    found = [Known(fingerprint, text, states.get(fingerprint, State.OK)) for fingerprint, text in _about(compiled)]
    return sorted(found, key=lambda one: (one.state == State.OK, one.subject))[:MOST_INSTANCES]


def _about(compiled: Compiled) -> Iterator[tuple[str, str]]:
    if compiled.is_about_the_past_only:
        yield CYCLE, "the past of its metrics"
        return
    selector = compiled.condition.selector if compiled.condition is not None else None
    if selector is None:
        return
    for subject in series.subjects().values():
        if selector.matches(subject.name, subject.category, subject.tags):
            yield subject.fingerprint, subject_text(subject)
    for check in feed.newest():
        if selector.matches(check.name, is_health=True):
            yield CHECK_PREFIX + check.name, f"health check {check.name}"


def _alert_at(rule: Rule, fingerprint: str, at: datetime) -> Alert | None:
    alerts = Alert.objects.filter(rule=rule, fingerprint=fingerprint, opened_at__lte=at)
    return alerts.filter(Q(resolved_at__isnull=True) | Q(resolved_at__gt=at)).first()


def _traced(compiled: Compiled, moment: Moment) -> Iterator[Traced]:
    roles = (
        ("condition", compiled.condition),
        ("worse condition", compiled.worse),
        ("recovery condition", compiled.recovery),
    )
    for role, condition in roles:
        if condition is not None and moment.fact is not None:
            parts = parts_of(condition, moment.fact, moment.windows, moment.at)
            yield Traced(role, condition.text, _verdict(condition, moment), tuple(parts))


def _verdict(condition: Condition, moment: Moment) -> str:
    if moment.fact is None:
        return "unknown"
    try:
        truth = condition.verdict(moment.fact.facts)
    except ConditionBroken as broken:
        return f"broken: {broken.reason}"
    return "unknown, which counts as false" if truth is Truth.UNKNOWN else truth.value
