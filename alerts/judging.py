"""One fact judged at once, beside the schedule: the same rules, board and writing as a cycle of the evaluator."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from alerts import evaluation, rulebook, writing
from alerts.bench import Bench
from alerts.board import Board
from alerts.coded import RuleVerdict
from alerts.conditions import ConditionBroken, Truth, WindowReader
from alerts.facts import Fact
from alerts.rulebook import Compiled, Rulebook
from alerts.windows import Windows
from monitoring import overtake
from monitoring.series import to_ms


def judge_now(make_fact: Callable[[WindowReader], Fact], now: datetime) -> Mapping[str, RuleVerdict]:
    """What each enabled rule says of the fact, by the rule's name; alerts open and end as in a cycle.

    When that changes something, a cycle of the evaluator that is under way writes nothing and is done again, so that no
    alert opens twice. A fact that changes nothing disturbs nobody.
    """
    book = rulebook.load()
    windows = Windows(to_ms(now), book.asked)
    fact = make_fact(windows)
    verdicts = {rule.name: _verdict(rule, fact) for rule in book.rules.values()}
    known = evaluation.broken_rules()
    if _has_news(_judged(book, fact, now, windows, known), known):
        with transaction.atomic():
            overtake(evaluation.LEASE)  # what was read before may have changed until now
            known = evaluation.broken_rules()
            _write(_judged(book, fact, now, windows, known), known)
    return verdicts


def _judged(book: Rulebook, fact: Fact, now: datetime, windows: Windows, known: Mapping[int, str]) -> Bench:
    bench = Bench(book, Board.load(book), now, windows, known)
    for rule in book.concerning(fact):
        bench.judge_by(rule, fact)
    bench.conclude_dependents()
    return bench


def _has_news(bench: Bench, known: Mapping[int, str]) -> bool:
    judged = (bench.book.rules[rule_id] for rule_id in bench.broken.keys() | bench.sound)
    return bool(bench.board.changes()) or any(bench.reason(rule, known) != known.get(rule.id, "") for rule in judged)


def _write(bench: Bench, known: Mapping[int, str]) -> None:
    changes = bench.board.changes()
    writing.apply(changes, bench.book, bench.now)
    evaluation.note_broken(bench, known, bench.now)
    if changes.events:
        transaction.on_commit(_wake_delivery)


def _verdict(rule: Compiled, fact: Fact) -> RuleVerdict:
    if rule.condition is None:
        return RuleVerdict("broken", rule.refusal)
    if not (rule.is_about_the_past_only or rulebook.selects(rule, fact)):
        return RuleVerdict("false")
    try:
        truth = rule.condition.verdict(fact.facts)
    except ConditionBroken as broken:
        return RuleVerdict("broken", broken.reason)
    return RuleVerdict("no data" if truth is Truth.UNKNOWN else truth.value)


def _wake_delivery() -> None:
    from alerts.tasks import deliver, wake  # which imports the evaluator, and Celery

    wake(deliver)
