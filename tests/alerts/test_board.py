from datetime import UTC, datetime, timedelta

import pytest

from alerts.board import Board, Standing
from alerts.models import Rule
from alerts.rulebook import Rulebook, compile_rule
from alerts.states import Situation, State

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEY = (1, "abc")


def book(**fields: object) -> Rulebook:
    """One rule, which waits a minute before it resolves."""
    rule = Rule(id=1, name="high_cpu", condition="value > 80", keep_firing_for_seconds=60, **fields)
    return Rulebook({1: compile_rule(rule)})


def standing(state: State, version: int = 1, recovers_since: datetime | None = None) -> Standing:
    return Standing(Situation(state, NOW - MINUTE, recovers_since), version, 90.0)


def ended(board: Board) -> list[tuple[datetime, str]]:
    return [(event.at, event.reason) for event in board.events]


def test_a_board_that_nothing_moved_has_nothing_to_write() -> None:
    board = Board(book(), {KEY: standing(State.FIRING)})
    board.settle(NOW)

    assert not board.changes()


@pytest.mark.parametrize(
    ("state", "events"), [(State.PENDING, []), (State.FIRING, [(NOW, "rule disabled")])], ids=["pending", "firing"]
)
def test_of_a_disabled_rule_only_what_fires_has_an_alert_to_end(
    state: State, events: list[tuple[datetime, str]]
) -> None:
    board = Board(Rulebook({}), {KEY: standing(state)})
    board.settle(NOW)

    assert ended(board) == events
    assert board.changes().cleared == [KEY]


@pytest.mark.parametrize(("waited", "is_over"), [(MINUTE, True), (MINUTE - timedelta(seconds=1), False)])
def test_a_recovery_ends_once_it_has_waited_enough_without_a_new_fact(waited: timedelta, is_over: bool) -> None:
    board = Board(book(), {KEY: standing(State.RECOVERING, recovers_since=NOW - waited)})
    board.settle(NOW)

    assert ended(board) == ([(NOW, "condition is false")] if is_over else [])
    assert bool(board.changes()) is is_over


def test_after_an_outage_what_waits_begins_anew_and_what_fires_goes_on() -> None:
    waits, fires = (1, "waits"), (1, "fires")
    board = Board(book(), {waits: standing(State.PENDING), fires: standing(State.FIRING)})
    board.drop_pending()

    assert (board.changes().cleared, board.events) == ([waits], [])


def test_an_instance_is_stale_when_its_rule_was_edited_since() -> None:
    board = Board(book(version=2), {KEY: standing(State.FIRING, version=1), (1, "new"): standing(State.FIRING, 2)})

    assert board.stale() == [KEY]
