"""The line that a chart draws for a condition."""

import pytest

from alerts.conditions import Direction, Threshold, parse

ABOVE, BELOW = Direction.ABOVE, Direction.BELOW


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("value > 80", Threshold(80, ABOVE)),
        ("name == 'a' and value >= 80.5", Threshold(80.5, ABOVE)),
        ("80 < value", Threshold(80, ABOVE)),
        ("name == 'a' and (value < 5 or category == 'b')", Threshold(5, BELOW)),
        ("5 >= value", Threshold(5, BELOW)),
        ("value > -5", Threshold(-5, ABOVE)),
        ("value > 5 * 1024", Threshold(5120, ABOVE)),
        ("not value < 80", Threshold(80, ABOVE)),
        ("not (name == 'a' or not value > 80)", Threshold(80, ABOVE)),
        ("metric.value > 80", Threshold(80, ABOVE)),
        ("tags['limit'] == '5' and value > 80", Threshold(80, ABOVE)),
    ],
)
def test_the_one_number_that_value_is_compared_with_is_the_threshold(text: str, threshold: Threshold) -> None:
    assert parse(text).threshold == threshold


@pytest.mark.parametrize(
    "text",
    [
        "name == 'a'",
        "value == 80",
        "value > 80 and value < 90",
        "50 < value < 90",
        "value * 2 > 80",
        "abs(value) > 80",
        "value > metadata['limit']",
        "value > 80 or value * 2 > 9",
        "value in [80]",
        "timestamp > 80",
        "avg('a', '5m') > 80",
        "metadata['a'] > 80",
    ],
)
def test_without_exactly_one_such_comparison_there_is_none(text: str) -> None:
    assert parse(text).threshold is None
