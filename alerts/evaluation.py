"""One cycle of judgement: what is new is read once, judged in time order, and written in one transaction."""

import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from alerts import flapping, lifecycle, roster, rulebook, writing
from alerts.bench import Bench
from alerts.board import Board, Opened, Resolved, SeverityChanged
from alerts.cycle import judge_cycle
from alerts.models import Rule
from alerts.windows import Windows
from monitoring import Held, LeaseLost, lease, renewed, series
from monitoring.health import feed
from monitoring.series import to_ms

log = logging.getLogger(__name__)
READER = "alerts.metrics"
HEALTH_READER = "alerts.health"
LEASE = "evaluate"
CLOCK_SURVIVES = timedelta(hours=1)
ABSENT_AFTER = timedelta(minutes=1)  # without a cycle: what was silent meanwhile may have been us
LONGEST_CYCLE_SECONDS = 600.0  # what takes longer hangs, and is taken over
ATTEMPTS = 3  # of one call, when others overtake; what is left then is judged by the next cycle

_began_again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What one cycle did; ``broken`` gives the reason by the rule's name."""

    facts: int
    opened: int
    changed: int
    resolved: int
    broken: dict[str, str]


def evaluate(now: datetime, gap_seconds: float = 0) -> Report | None:
    """Runs one cycle; None when another evaluator has the lease, began under ``gap_seconds`` ago, or took over.

    A cycle that was overtaken, as by a fact judged at once or an alert resolved by hand, wrote nothing and
    is done again at once. The lease ends before the second interval after it was taken, so that a holder that is killed
    is followed by another within 30 s at the default interval of 10 s; it is renewed for as long as the cycle takes.
    """
    began = time.monotonic()
    for attempt in range(ATTEMPTS):
        passed = timedelta(seconds=time.monotonic() - began) if attempt else timedelta(0)
        try:
            return _attempt(now + passed, 0 if attempt else gap_seconds)
        except (LeaseLost, series.CursorMoved) as lost:
            log.warning("This evaluation was overtaken and wrote nothing: %r", lost)
    return None


def _attempt(now: datetime, gap_seconds: float) -> Report | None:
    seconds = settings.CONFIG.evaluate_lease_seconds
    with lease(LEASE, seconds, gap_seconds) as held:
        if held is None:
            return None
        with renewed(held, seconds, LONGEST_CYCLE_SECONDS):
            return _run(held, now)


def _run(held: Held, now: datetime) -> Report:
    book = rulebook.load()
    samples, checks = series.unread(READER), feed.unread(HEALTH_READER)
    known = broken_rules()
    bench = Bench(book, Board.load(book), now, Windows(to_ms(now), book.asked), known)
    absent = timedelta(0) if held.last_finished_at is None else now - held.last_finished_at
    if absent > CLOCK_SURVIVES:
        bench.board.drop_pending()
    watched = roster.current(book, now)
    judged = judge_cycle(bench, samples.samples, checks.results, watched, _heard_since(absent, now))
    changes = bench.board.changes()
    with transaction.atomic():
        held.confirm()
        writing.apply(changes, book, now)
        lifecycle.resolve_orphans(now)
        lifecycle.resolve_disabled(now)
        flapping.calm(now)
        series.take(samples)
        feed.take(checks)
        broken = note_broken(bench, known, now)
    kinds = Counter(type(event) for event in changes.events)
    return Report(judged, kinds[Opened], kinds[SeverityChanged], kinds[Resolved], broken)


def _heard_since(absent: timedelta, now: datetime) -> datetime | None:
    """When judging began again, if it paused within the memory of this process."""
    global _began_again
    if absent > ABSENT_AFTER:
        _began_again = now
    return _began_again


def forget() -> None:
    """Drops what is remembered of earlier cycles, as after the database was put back."""
    global _began_again
    _began_again = None


def broken_rules() -> dict[int, str]:
    """Why rules could not be judged, as last noted."""
    return dict(Rule.objects.exclude(broken_reason="").order_by().values_list("id", "broken_reason"))


def note_broken(bench: Bench, known: Mapping[int, str], now: datetime) -> dict[str, str]:
    """Writes which rules broke and which work again; gives the reasons by name."""
    refused = {rule.id for rule in bench.book.rules.values() if rule.refusal}
    reasons: dict[str, str] = {}
    for rule_id in sorted((known.keys() | bench.broken.keys() | refused) & bench.book.rules.keys()):
        rule = bench.book.rules[rule_id]
        reason = bench.reason(rule, known)
        if reason:
            reasons[rule.name] = reason
        if reason != known.get(rule_id, ""):
            log.warning("The rule %s %s", rule.name, f"is broken: {reason}" if reason else "works again.")
            lifecycle.note_broken(rule_id, reason, now)
    return reasons
