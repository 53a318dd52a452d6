from monitoring.collectors.pace import Pace


def test_once_an_interval_and_a_flush_that_comes_a_little_early_is_forgiven() -> None:
    clock = iter((0.0, 5.0, 9.8, 15.0, 20.0))
    pace = Pace(10, lambda: next(clock))
    assert [pace.is_due() for _ in range(5)] == [True, False, True, False, True]


def test_the_first_is_due_at_once_however_young_the_clock() -> None:
    assert Pace(3600, lambda: 0.1).is_due()
