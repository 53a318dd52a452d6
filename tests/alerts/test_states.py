from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.models import Severity
from alerts.states import (
    ALIGHT,
    BETWEEN,
    FALSE,
    GONE,
    OK,
    TRANSITIONS,
    Patience,
    Reading,
    Situation,
    State,
    Verdict,
    changes_severity,
    next_state,
    opens,
    resolves,
)

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
READINGS = {
    "T": Reading(Verdict.TRUE, Severity.HIGH),
    "W": Reading(Verdict.TRUE, Severity.CRITICAL),  # worse
    "B": BETWEEN,
    "F": FALSE,
    "S": Reading(Verdict.SILENT, Severity.HIGH),
    "G": GONE,
    "H": Reading(Verdict.HELD),
}


def lived(verdicts: str, patience: Patience, step: timedelta = MINUTE) -> list[Situation]:
    """Where an instance stands after each verdict, one a step."""
    situation, found = OK, []
    for index, verdict in enumerate(verdicts):
        situation = next_state(situation, READINGS[verdict], patience, NOW + index * step)
        found.append(situation)
    return found


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
        ("TBBF", Patience(), "firing firing firing ok"),
        ("B", Patience(), "ok"),
        ("TB", Patience(MINUTE), "pending ok"),
        ("TFBFF", Patience(before_resolving=MINUTE), "firing recovering firing recovering ok"),
        ("SF", Patience(), "no_data ok"),
        ("SSG", Patience(), "no_data no_data ok"),
        ("SB", Patience(), "no_data ok"),
        ("ST", Patience(5 * MINUTE), "no_data firing"),
        ("TSB", Patience(), "firing no_data firing"),
        ("TSF", Patience(), "firing no_data ok"),
        ("TSFF", Patience(before_resolving=MINUTE), "firing no_data recovering ok"),
        ("TFS", Patience(before_resolving=MINUTE), "firing recovering no_data"),
        ("TG", Patience(before_resolving=MINUTE), "firing ok"),
        ("THHF", Patience(), "firing firing firing ok"),
        ("THT", Patience(2 * MINUTE), "pending pending firing"),
    ],
)
def test_an_instance_goes_through_its_states(verdicts: str, patience: Patience, states: str) -> None:
    assert [situation.state for situation in lived(verdicts, patience)] == states.split()


@pytest.mark.parametrize(
    ("verdicts", "severities"),
    [("TWT", [3, 4, 3]), ("WF", [4, 0]), ("TWS", [3, 4, 4]), ("WB", [4, 4]), ("WH", [4, 4]), ("ST", [3, 3])],
)
def test_severity_moves_up_and_down_in_place(verdicts: str, severities: list[int]) -> None:
    situations = lived(verdicts, Patience())
    assert [situation.severity for situation in situations] == severities
    changed = [changes_severity(a, b) for a, b in pairwise(situations)]
    assert changed == [a.severity != b.severity and b != OK for a, b in pairwise(situations)]


def test_every_state_knows_what_to_do_with_every_verdict() -> None:
    assert set(TRANSITIONS) == {(state, verdict) for state in State for verdict in Verdict}


def test_a_clock_that_jumps_back_neither_fires_nor_resolves_early() -> None:
    pending = next_state(OK, READINGS["T"], Patience(MINUTE), NOW)
    assert next_state(pending, READINGS["T"], Patience(MINUTE), NOW - timedelta(hours=1)).state == State.PENDING


steps = st.lists(st.tuples(st.sampled_from("TWBFSGH"), st.timedeltas(timedelta(0), timedelta(minutes=10))), max_size=60)
patiences = st.builds(
    Patience,
    st.timedeltas(timedelta(0), timedelta(minutes=20)),
    st.timedeltas(timedelta(0), timedelta(minutes=20)),
)


@given(steps, patiences)
def test_every_firing_ends_in_exactly_one_resolve_and_nothing_resolves_twice(
    verdicts: list[tuple[str, timedelta]], patience: Patience
) -> None:
    situation, now, is_open = OK, NOW, False
    for verdict, passed in verdicts:
        now += passed
        new = next_state(situation, READINGS[verdict], patience, now)
        assert not (opens(situation, new) and is_open)
        assert not (resolves(situation, new) and not is_open)
        is_open = (is_open or opens(situation, new)) and not resolves(situation, new)
        assert is_open == (new.state in ALIGHT)
        assert (new.severity > 0) == (new.state != State.OK)
        situation = new
    gone = next_state(situation, GONE, patience, now)
    assert gone == OK
    assert resolves(situation, gone) == is_open


@given(steps, patiences)
def test_an_instance_fires_only_after_its_condition_held_for_as_long_as_asked(
    verdicts: list[tuple[str, timedelta]], patience: Patience
) -> None:
    situation, now, true_since = OK, NOW, None
    for verdict, passed in verdicts:
        now += passed
        if verdict in "TW":
            true_since = true_since or now
        elif verdict in "BFG":
            true_since = None
        new = next_state(situation, READINGS[verdict], patience, now)
        if opens(situation, new) and verdict != "S":
            assert true_since is not None
            assert now - true_since >= patience.before_firing
        situation = new


def test_a_situation_is_a_value() -> None:
    assert Situation() == OK
