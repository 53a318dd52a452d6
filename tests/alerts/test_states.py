from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.states import ALIGHT, OK, TRANSITIONS, Patience, Situation, State, next_state, opens, resolves

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def after(verdicts: str, patience: Patience, step: timedelta = MINUTE) -> list[State]:
    """The states an instance goes through, one verdict a step: T is true, F is false."""
    situation, states = OK, []
    for index, verdict in enumerate(verdicts):
        situation = next_state(situation, verdict == "T", patience, NOW + index * step)
        states.append(situation.state)
    return states


@pytest.mark.parametrize(
    ("verdicts", "patience", "states"),
    [
        ("F", Patience(), "ok"),
        ("T", Patience(), "firing"),
        ("TF", Patience(), "firing ok"),
        ("TTT", Patience(2 * MINUTE), "pending pending firing"),
        ("TFT", Patience(2 * MINUTE), "pending ok pending"),
        ("TFF", Patience(before_resolving=MINUTE), "firing recovering ok"),
        ("TFTF", Patience(before_resolving=MINUTE), "firing recovering firing recovering"),
        ("TFTFF", Patience(before_resolving=MINUTE), "firing recovering firing recovering ok"),
    ],
)
def test_an_instance_goes_through_its_states(verdicts: str, patience: Patience, states: str) -> None:
    assert after(verdicts, patience) == states.split()


def test_every_state_knows_what_to_do_with_every_verdict() -> None:
    assert set(TRANSITIONS) == {(state, verdict) for state in State for verdict in (True, False)}


def test_a_clock_that_jumps_back_neither_fires_nor_resolves_early() -> None:
    pending = next_state(OK, True, Patience(MINUTE), NOW)
    assert next_state(pending, True, Patience(MINUTE), NOW - timedelta(hours=1)).state == State.PENDING


steps = st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(0), timedelta(minutes=10))), max_size=60)
patiences = st.builds(
    Patience,
    st.timedeltas(timedelta(0), timedelta(minutes=20)),
    st.timedeltas(timedelta(0), timedelta(minutes=20)),
)


@given(steps, patiences)
def test_every_firing_ends_in_exactly_one_resolve_and_nothing_resolves_twice(
    verdicts: list[tuple[bool, timedelta]], patience: Patience
) -> None:
    situation, now, is_open = OK, NOW, False
    for is_true, passed in verdicts:
        now += passed
        new = next_state(situation, is_true, patience, now)
        assert not (opens(situation, new) and is_open)
        assert not (resolves(situation, new) and not is_open)
        is_open = (is_open or opens(situation, new)) and not resolves(situation, new)
        assert is_open == (new.state in ALIGHT)
        situation = new


@given(steps, patiences)
def test_an_instance_fires_only_after_its_condition_held_for_as_long_as_asked(
    verdicts: list[tuple[bool, timedelta]], patience: Patience
) -> None:
    situation, now, true_since = OK, NOW, None
    for is_true, passed in verdicts:
        now += passed
        true_since = (true_since or now) if is_true else None
        new = next_state(situation, is_true, patience, now)
        if opens(situation, new):
            assert true_since is not None
            assert now - true_since >= patience.before_firing
        situation = new


def test_a_situation_is_a_value() -> None:
    assert Situation() == OK
