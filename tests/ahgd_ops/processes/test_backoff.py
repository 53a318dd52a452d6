import pytest

from ahgd_ops.processes.backoff import wait_seconds


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (7, 30), (10_000, 30)])
def test_the_wait_doubles_up_to_half_a_minute(failures: int, seconds: float) -> None:
    assert wait_seconds(failures) == seconds
