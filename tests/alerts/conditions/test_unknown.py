"""Kleene's logic: what is missing is unknown, quietly."""

import pytest

from alerts.conditions import Facts, Truth, health_facts, metric_facts
from tests.alerts.conditions.subjects import AT, HEALTH, METRIC, judged, reason_broken

# Three parts of a condition that are true, false and unknown of METRIC.
T, F, U = "value > 0", "value < 0", "duration_ms > 0"
VALUES = {T: Truth.TRUE, F: Truth.FALSE, U: Truth.UNKNOWN}


@pytest.mark.parametrize("left", [T, F, U])
@pytest.mark.parametrize("right", [T, F, U])
def test_and_is_false_if_a_side_is_and_unknown_if_a_side_is(left: str, right: str) -> None:
    sides = {VALUES[left], VALUES[right]}
    expected = Truth.FALSE if Truth.FALSE in sides else Truth.UNKNOWN if Truth.UNKNOWN in sides else Truth.TRUE
    assert judged(f"{left} and {right}") is expected


@pytest.mark.parametrize("left", [T, F, U])
@pytest.mark.parametrize("right", [T, F, U])
def test_or_is_true_if_a_side_is_and_unknown_if_a_side_is(left: str, right: str) -> None:
    sides = {VALUES[left], VALUES[right]}
    expected = Truth.TRUE if Truth.TRUE in sides else Truth.UNKNOWN if Truth.UNKNOWN in sides else Truth.FALSE
    assert judged(f"{left} or {right}") is expected


@pytest.mark.parametrize("first", [T, F, U])
@pytest.mark.parametrize("second", [T, F, U])
@pytest.mark.parametrize("third", [T, F, U])
@pytest.mark.parametrize("joint", ["and", "or"])
def test_de_morgan_holds_for_three_operands(first: str, second: str, third: str, joint: str) -> None:
    other = "or" if joint == "and" else "and"
    joined = judged(f"not ({first} {joint} {second} {joint} {third})")
    assert joined is judged(f"not ({first}) {other} not ({second}) {other} not ({third})")


@pytest.mark.parametrize(("part", "expected"), [(T, Truth.FALSE), (F, Truth.TRUE), (U, Truth.UNKNOWN)])
def test_not_turns_true_and_false_around_and_leaves_the_unknown(part: str, expected: Truth) -> None:
    assert judged(f"not ({part})") is expected


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("duration_ms > 5", METRIC),
        ("status == 'critical'", METRIC),
        ("status != 'critical'", METRIC),
        ("'refused' in message", METRIC),
        ("'refused' not in message", METRIC),
        ("status in ['critical']", METRIC),
        ("status not in ['critical']", METRIC),
        ("health_check.value >= 0", METRIC),
        ("health_check.name == 'memory_usage_percent'", METRIC),
        ("metric.value >= 0", HEALTH),
        ("category == 'system'", HEALTH),
        ("tags['env'] == 'prod'", HEALTH),
        ("tags['env'] != 'prod'", HEALTH),
        ("'env' in tags", HEALTH),
        ("tags['rack'] == 'r1'", METRIC),
        ("tags['rack'] != 'r1'", METRIC),
        ("tags.get('rack') == 'r1'", METRIC),
        ("not (tags['rack'] == 'r1')", METRIC),
        ("metadata['other'] > 5", METRIC),
        ("metadata['other']", METRIC),
        ("metadata['nothing'] > 5", METRIC),
        ("tags['rack'].startswith('r')", METRIC),
        ("not tags['rack'].startswith('r')", METRIC),
        ("len(tags['rack']) > 0", METRIC),
        ("tags['rack'][0] == 'r'", METRIC),
        ("tags['rack'][0:1] == 'r'", METRIC),
        ("metadata['other'] + 1 > 0", METRIC),
        ("-duration_ms < 0", METRIC),
        ("max(value, duration_ms) > 0", METRIC),
        ("bool(message)", METRIC),
        ("value > (80 if status == 'critical' else 95)", METRIC),
        ("(None if value > 0 else 5) > 3", METRIC),
        ("1 < duration_ms < 5", METRIC),
    ],
)
def test_a_comparison_with_something_missing_is_unknown(text: str, facts: Facts) -> None:
    assert judged(text, facts) is Truth.UNKNOWN


def test_a_metric_without_category_and_a_check_without_duration_leave_them_unknown() -> None:
    assert judged("category == 'system'", metric_facts(name="a", value=1.0, timestamp=AT)) is Truth.UNKNOWN
    assert judged("duration_ms > 5", health_facts(name="a", status="healthy", timestamp=AT)) is Truth.UNKNOWN
    assert judged("message == ''", health_facts(name="a", status="healthy", timestamp=AT)) is Truth.UNKNOWN


def test_the_empty_text_and_zero_are_not_missing() -> None:
    assert judged("category == ''", METRIC._replace(category="")) is Truth.TRUE
    assert judged("duration_ms == 0", HEALTH._replace(duration_ms=0.0)) is Truth.TRUE
    assert judged("tags.get('env', 'none') == ''", METRIC._replace(tags={"env": ""})) is Truth.TRUE


def test_a_chain_with_an_unknown_pair_is_false_when_another_pair_is() -> None:
    assert judged("0 < duration_ms < 5 and value < 0") is Truth.FALSE
    assert judged("value < duration_ms < 5 or value < 0") is Truth.UNKNOWN
    assert judged("duration_ms < 5 < value") is Truth.UNKNOWN
    assert judged("duration_ms < 100 < value") is Truth.FALSE


def test_the_unknown_ends_no_short_circuit_because_what_follows_may_decide() -> None:
    assert "division by zero" in reason_broken("duration_ms > 5 and 1 / (value - 90) > 0")
    assert judged("value < 0 and 1 / (value - 90) > 0") is Truth.FALSE
