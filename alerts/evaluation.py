"""One cycle of judgement: what is new is read once, judged in time order, and written in one transaction."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from alerts import facts, lifecycle, rulebook
from alerts.board import Board, Opened
from alerts.conditions import ConditionBroken, Truth
from alerts.facts import Fact
from alerts.models import Rule
from alerts.rulebook import Compiled, Rulebook
from monitoring import Held, LeaseLost, lease, series
from monitoring.health import feed

log = logging.getLogger(__name__)
READER = "alerts.metrics"
HEALTH_READER = "alerts.health"
CLOCK_SURVIVES = timedelta(hours=1)
LEASE_SECONDS = 30
RENEWED_EVERY = 2000  # facts: seconds with hundreds of rules that concern each of them


@dataclass(frozen=True, slots=True)
class Report:
    """What one cycle did; ``broken`` gives the reason by the rule's name."""

    facts: int
    opened: int
    resolved: int
    broken: dict[str, str]


@dataclass(slots=True)
class Bench:
    """Judges facts against the rules that concern them; a rule that breaks leaves its neighbours alone."""

    book: Rulebook
    board: Board
    broken: dict[int, str] = field(default_factory=dict)
    sound: set[int] = field(default_factory=set)

    def judge(self, fact: Fact) -> None:
        for rule in self.book.concerning(fact):
            self.judge_by(rule, fact)

    def judge_by(self, rule: Compiled, fact: Fact) -> None:
        if rule.condition is None:
            return
        try:
            truth = rule.condition.verdict(fact.facts)
        except ConditionBroken as error:
            self.broken[rule.id] = f"{error} (on {fact.subject})"
        else:
            self.sound.add(rule.id)
            self.board.judge(rule, fact, truth is Truth.TRUE)

    def reason(self, rule: Compiled) -> str:
        """Why a rule cannot be judged; a rule without a verdict in this cycle keeps what was known of it."""
        found = rule.refusal or self.broken.get(rule.id)
        return found or ("" if rule.id in self.sound else rule.broken_reason)


def evaluate(now: datetime, gap_seconds: float = 0) -> Report | None:
    """Runs one cycle; None when another evaluator has the lease, began under ``gap_seconds`` ago, or took over."""
    with lease("evaluate", LEASE_SECONDS, gap_seconds) as held:
        if held is None:
            return None
        try:
            return _run(held, now)
        except (LeaseLost, series.CursorMoved) as lost:
            log.warning("This evaluation was overtaken and wrote nothing: %r", lost)
            return None


def _run(held: Held, now: datetime) -> Report:
    book = rulebook.load()
    samples, checks = series.unread(READER), feed.unread(HEALTH_READER)
    bench = Bench(book, Board.load(book))
    if held.last_finished_at is not None and now - held.last_finished_at > CLOCK_SURVIVES:
        bench.board.drop_pending()
    subjects = series.subjects() if samples.samples else {}
    new = facts.in_time_order(samples.samples, subjects, checks.results, now)
    for number, fact in enumerate(new):
        if number % RENEWED_EVERY == RENEWED_EVERY - 1:
            held.renew(LEASE_SECONDS)
        bench.judge(fact)
    _rejudge_edited(bench, now)
    bench.board.settle(now)
    changes = bench.board.changes()
    with transaction.atomic():
        held.confirm()
        lifecycle.apply(changes, now)
        lifecycle.resolve_orphans(now)
        series.take(samples)
        feed.take(checks)
        _note_broken(bench)
    opened = sum(isinstance(event, Opened) for event in changes.events)
    broken = {rule.name: bench.reason(rule) for rule in book.rules.values() if bench.reason(rule)}
    return Report(len(new), opened, len(changes.events) - opened, broken)


def _rejudge_edited(bench: Bench, now: datetime) -> None:
    """An edited rule is judged again on the latest values of what it stands on, without waiting for new ones."""
    stale = bench.board.stale()
    latest = facts.latest({fingerprint for _, fingerprint in stale}, now) if stale else {}
    for key in stale:
        rule, fact = bench.book.rules[key[0]], latest.get(key[1])
        if fact is not None and rulebook.selects(rule, fact):
            bench.judge_by(rule, fact)
        else:
            bench.board.end(key, now, "rule changed")


def _note_broken(bench: Bench) -> None:
    for rule in bench.book.rules.values():
        reason = bench.reason(rule)
        if reason != rule.broken_reason:
            log.warning("The rule %s %s", rule.name, f"is broken: {reason}" if reason else "works again.")
            Rule.objects.filter(pk=rule.id).update(broken_reason=reason)
