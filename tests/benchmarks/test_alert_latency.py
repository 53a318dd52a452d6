from statistics import quantiles

import pytest

from benchmarks.alert_latency import wait_seconds

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("one", "other"), [(5, 10), (10, 5), (10, 10), (1, 60)])
def test_waits_for_two_intervals_are_what_all_phases_give(one: float, other: float) -> None:
    steps = [(number + 0.5) / 400 for number in range(400)]
    waits = quantiles((first * one + second * other for first in steps for second in steps), n=100)
    for percent in (1, 50, 99):
        assert wait_seconds(one, other, percent / 100) == pytest.approx(waits[percent - 1], abs=0.05)
