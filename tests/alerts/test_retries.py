from datetime import UTC, datetime, timedelta

import pytest

from alerts.retries import is_over, jitter, wait_seconds

WAITS = (0.0, 10.0, 60.0, 300.0)
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 0), (2, 10), (3, 60), (4, 300), (5, 300), (100, 300)])
def test_waits_come_in_turn_and_the_last_repeats(attempts: int, seconds: float) -> None:
    assert wait_seconds(attempts, WAITS, None, jitter=0) == seconds


def test_jitter_makes_a_wait_at_most_a_tenth_longer() -> None:
    assert wait_seconds(3, WAITS, None, jitter=1) == pytest.approx(66)
    assert all(0 <= jitter() < 1 for _ in range(100))


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [(120, 120), (5, 60), (0, 60), (86400, 3600), (float("inf"), 3600)],
    ids=["longer", "shorter", "none", "too long", "for ever"],
)
def test_what_the_receiver_asked_for_is_honoured_up_to_an_hour(asked: float, seconds: float) -> None:
    assert wait_seconds(3, WAITS, asked, jitter=0) == seconds


@pytest.mark.parametrize(
    ("attempts", "age", "over"),
    [
        (290, DAY, True),
        (290, DAY - timedelta(seconds=1), False),
        (1, timedelta(days=3), False),
        (4, timedelta(days=3), False),
        (5, timedelta(days=3), True),
    ],
)
def test_a_row_is_given_up_after_a_day_and_after_every_wait_had_its_turn(
    attempts: int, age: timedelta, over: bool
) -> None:
    assert is_over(attempts, WAITS, NOW - age, NOW) is over
