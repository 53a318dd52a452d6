"""Evaluators beside each other, and what goes away while they are at it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from alerts import evaluation
from alerts.models import Alert, Rule
from monitoring.clock import database_now
from monitoring.leases import acquire, overtake
from monitoring.models import Lease, Series
from tests.alerts.feed import Feed, judge

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]


@pytest.fixture(autouse=True)
def reader(feed: Feed) -> None:
    """The evaluator has looked before, so that what comes now is new to it."""
    evaluation.evaluate(feed.now)


def test_a_second_evaluator_does_nothing_while_the_first_is_at_it(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(90)
    assert acquire("evaluate", database_now(), seconds=60) is not None
    assert evaluation.evaluate(feed.now) is None
    assert not Alert.objects.exists()


def test_an_evaluator_that_was_overtaken_writes_nothing(
    make_rule: MakeRule, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_rule()
    feed(90)
    load = evaluation.rulebook.load

    def load_slowly() -> object:
        Lease.objects.filter(pk="evaluate").update(fence=99)  # another took over while this one was frozen
        return load()

    monkeypatch.setattr(evaluation.rulebook, "load", load_slowly)
    assert evaluation.evaluate(feed.now) is None
    assert not Alert.objects.exists()


@pytest.mark.parametrize(("times", "opened"), [(1, 1), (evaluation.ATTEMPTS - 1, 1), (evaluation.ATTEMPTS, None)])
def test_a_cycle_that_was_overtaken_by_a_fact_judged_at_once_is_done_again_a_few_times(
    make_rule: MakeRule, feed: Feed, monkeypatch: pytest.MonkeyPatch, times: int, opened: int | None
) -> None:
    make_rule()
    feed(90)
    load, loaded = evaluation.Board.load, []

    def load_and_be_overtaken(book: object) -> object:
        board = load(book)
        loaded.append(board)
        if len(loaded) <= times:
            overtake(evaluation.LEASE)
        return board

    monkeypatch.setattr(evaluation.Board, "load", load_and_be_overtaken)
    report = evaluation.evaluate(feed.now, gap_seconds=5)
    assert (report and report.opened) == opened
    assert Alert.objects.count() == (opened or 0)
    assert len(loaded) == min(times + 1, evaluation.ATTEMPTS)


def test_what_an_overtaken_evaluator_read_is_read_again(
    make_rule: MakeRule, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_an_evaluator_that_was_overtaken_writes_nothing(make_rule, feed, monkeypatch)
    monkeypatch.undo()
    Lease.objects.update(expires_at=feed.now - timedelta(hours=1))
    assert judge(feed).opened == 1


def test_a_series_that_was_deleted_meanwhile_is_passed_over(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(90)
    Series.objects.all().delete()
    assert judge(feed).facts == 0
