from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation.planning import Plan, Stand, Step, plan

OPENED = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST, SECOND = Step(1, timedelta(minutes=15), (1,)), Step(5, timedelta(minutes=60), (2,))
STAND = Stand(steps=(SECOND, FIRST), position=0, counted_from=OPENED)
MINUTES = st.integers(0, 10_000).map(lambda count: timedelta(minutes=count))


def at(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def test_the_first_step_is_due_its_wait_after_the_alert_opened() -> None:
    assert plan(STAND, at(1)) == Plan(counted_from=OPENED, due_at=at(15), step=FIRST)


def test_the_next_step_is_the_next_position_and_waits_from_the_one_before() -> None:
    after_first = replace(STAND, position=1, counted_from=at(20))
    assert plan(after_first, at(21)) == Plan(counted_from=at(20), due_at=at(80), step=SECOND)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_open": False, "held_by": "acknowledged by kim"}, "the alert resolved"),
        ({"position": 5}, "every step has run"),
        ({"steps": ()}, "no policy with steps"),
    ],
)
def test_what_is_over_has_no_step(changes: dict[str, object], reason: str) -> None:
    assert plan(replace(STAND, **changes), at(99)) == Plan(counted_from=OPENED, reason=reason)  # type: ignore[arg-type]  # of several fields


def test_an_acknowledge_stops_the_clock_at_its_time() -> None:
    held = replace(STAND, held_by="acknowledged by kim", held_since=at(10))
    assert plan(held, at(12)) == Plan(counted_from=OPENED, paused_at=at(10), reason="acknowledged by kim")


def test_a_pause_that_nobody_timed_begins_when_it_is_seen() -> None:
    assert plan(replace(STAND, held_by="maintenance"), at(12)).paused_at == at(12)


def test_a_pause_keeps_its_beginning_whatever_holds_it_later() -> None:
    held = replace(STAND, paused_at=at(10), held_by="maintenance")
    assert plan(held, at(12)).paused_at == at(10)


def test_after_a_pause_the_clock_goes_on_from_where_it_stood() -> None:
    resumed = plan(replace(STAND, paused_at=at(10)), at(70))
    assert resumed == Plan(counted_from=at(60), due_at=at(75), step=FIRST)


@given(waited=MINUTES, paused=MINUTES)
def test_a_pause_puts_off_the_step_by_its_own_length(waited: timedelta, paused: timedelta) -> None:
    began = OPENED + waited
    held = plan(replace(STAND, held_by="maintenance"), began)
    resumed = plan(replace(STAND, paused_at=held.paused_at), began + paused)
    assert resumed.due_at == OPENED + FIRST.wait + paused
    again = replace(STAND, counted_from=resumed.counted_from, paused_at=resumed.paused_at)
    assert plan(again, began + paused) == resumed
