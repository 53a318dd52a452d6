import os

import pytest

from ahgd_ops.processes.inspection import stuck, too_large


def test_a_process_above_the_limit_is_too_large() -> None:
    assert str(too_large(os.getpid(), 1)).endswith("MiB, more than AHGD_MAX_MEMORY_MB=1")


def test_a_process_below_the_limit_is_not() -> None:
    assert too_large(os.getpid(), 1_000_000) is None


def test_a_process_that_is_gone_is_not_too_large() -> None:
    assert too_large(2**22 + 1, 1) is None


@pytest.mark.parametrize(
    ("ready_at", "sent_at", "finished_at", "now", "is_stuck"),
    [
        (0, 400, 100, 401, True),  # work is sent, none is finished
        (0, 400, 395, 401, False),
        (0, 400, 0, 401, True),  # it never finished any
        (350, 400, 100, 401, False),  # it was started anew since
        (0, 101, 100, 900, False),  # nothing is sent: nothing is scheduled, or beat is away
    ],
)
def test_a_worker_that_finishes_nothing_of_what_is_sent_is_stuck(
    ready_at: float, sent_at: float, finished_at: float, now: float, is_stuck: bool
) -> None:
    assert (stuck(ready_at, sent_at, finished_at, now) is not None) is is_stuck
