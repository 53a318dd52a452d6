"""What breaks a condition at evaluation: never the process, always with a reason, in bounded time and memory."""

import math
from typing import Any

import pytest

from alerts.conditions import ConditionBroken, Truth, health_facts, metric_facts, parse
from alerts.conditions.values import LONGEST_TEXT
from tests.alerts.conditions.subjects import AT, HEALTH, METRIC, judged, reason_broken


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("100 / (value - 90) > 2", "division by zero: 100 / 0"),
        ("100 // (value - 90) > 2", "division by zero: 100 // 0"),
        ("100 % (value - 90) > 2", "division by zero: 100 % 0"),
        ("(value - 90) ** -1 > 2", "0 ** -1 has no finite result"),
        ("(-value) ** 0.5 > 2", "-90 ** 0.5 has no finite result"),
        ("value ** 999 > 2", "90 ** 999 has no finite result"),
        ("value * 1e299 > 2", "a number is past 1e+300"),
        ("value * -1e299 < 2", "a number is past 1e+300"),
        ("metadata['unit'] > 5", "> cannot take a text and a number"),
        ("metadata['limit'] > 'a'", "> cannot take a number and a text"),
        ("metadata['limit'] + 'a' == 'x'", "+ cannot take a number and a text"),
        ("metadata['unit'] - 1 > 0", "- cannot take a text and a number"),
        ("-metadata['unit'] > 0", "- cannot take a text"),
        ("'a' in metadata['limit']", "in cannot take a text and a number"),
        ("metadata['unit']", "a condition cannot take a text"),
        ("metadata['limit'] and value > 0", "a condition cannot take a number"),
        ("metadata['limit'].lower() == 'x'", "lower cannot take a number"),
        ("abs(metadata['unit']) > 0", "abs cannot take a text"),
        ("round(value, metadata['unit']) > 0", "round cannot take a text"),
        ("round(value, value) > 0", "round cannot take a number"),
        ("round(value, 301) > 0", "round takes at most 300 digits"),
        ("round(int(value), -1000000000) > 0", "round takes at most 300 digits"),
        ("len(metadata['limit']) > 0", "len cannot take a number"),
        ("int(tags['env']) > 0", "'prod' is not a whole number"),
        ("float(tags['env']) > 0", "'prod' is not a number"),
        ("float(tags['env'].replace('prod', 'nan')) > 0", "a number is NaN"),
        ("float(tags['env'].replace('prod', '-inf')) > 0", "a number is past 1e+300"),
        ("name[20] == 'x'", "index 20 is outside a text of 20 characters"),
        ("name[-21] == 'x'", "index -21 is outside a text of 20 characters"),
        ("name[value] == 'x'", "an index cannot take a number"),
        ("name[value:] == 'x'", "a slice cannot take a number"),
        ("metadata['hosts'] == 'a'", "metadata['hosts'] is a list; only texts, numbers and truth values count"),
        ("metadata['huge'] > 5", "a number is past 1e+300"),
    ],
)
def test_the_reason_names_what_cannot_be_computed(text: str, reason: str) -> None:
    assert reason_broken(text) == reason


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400], ids=str)
@pytest.mark.parametrize(
    "text",
    [
        "value > 85",
        "85 > value",
        "value == 85",
        "value != 85",
        "not (value < 85)",
        "value in [1, 2]",
        "value + 1 > 85",
        "abs(value) > 85",
        "str(value) == 'nan'",
        "bool(value)",
        "min(value, 5) == 5",
        "value == metadata['limit']",
    ],
)
def test_a_number_that_is_not_finite_breaks_what_uses_it(number: float, text: str) -> None:
    facts = metric_facts(name="a", value=number, metadata={"limit": 80}, timestamp=AT)
    assert reason_broken(text, facts) == "a number is NaN or infinite"


def test_a_number_that_is_not_finite_leaves_other_conditions_alone() -> None:
    facts = metric_facts(name="a", value=math.nan, timestamp=AT)
    assert judged("name == 'a'", facts) is Truth.TRUE
    assert judged("name == 'b' and value > 5", facts) is Truth.FALSE
    assert judged("value is not None", facts) is Truth.TRUE


def test_a_number_that_is_not_finite_reads_as_such_where_facts_are_shown() -> None:
    assert repr(metric_facts(name="a", value=math.inf, timestamp=AT).value) == "NaN or infinity"


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_metadata_and_durations_are_checked_for_finite_numbers_as_well(number: float) -> None:
    assert "NaN" in reason_broken("metadata['x'] > 1", METRIC._replace(metadata={"x": math.nan}))
    assert "NaN" in reason_broken(
        "duration_ms > 1", health_facts(name="a", status="healthy", duration_ms=number, timestamp=AT)
    )


GROWING = [
    "(message + message) != 'x'",
    "message.replace('', 'xxxxxxxxxxxxxxxxxxxx') != 'x'",
    "message.replace('a', 'aaaaaaaaaaaaaaaaaaaa').replace('a', 'aaaaaaaaaaaaaaaa') != 'x'",
]


@pytest.mark.parametrize("text", GROWING)
def test_a_text_that_would_grow_past_its_bound_is_never_made(text: str) -> None:
    facts = HEALTH._replace(message="a" * (LONGEST_TEXT - 1))
    assert reason_broken(text, facts) == f"a text is longer than {LONGEST_TEXT} characters"


@pytest.mark.parametrize("method", ["lower", "upper", "strip"])
def test_a_text_past_its_bound_is_not_copied(method: str) -> None:
    facts = METRIC._replace(metadata={"text": "a" * (LONGEST_TEXT + 1)})
    assert "a text is longer" in reason_broken(f"metadata['text'].{method}() == 'x'", facts)


def test_a_letter_that_becomes_several_counts_after_the_change() -> None:
    assert "a text is longer" in reason_broken("message.upper() == 'x'", HEALTH._replace(message="ß" * LONGEST_TEXT))


def test_a_text_past_its_bound_can_still_be_searched() -> None:
    facts = METRIC._replace(metadata={"text": "a" * LONGEST_TEXT + "end"})
    assert judged("'end' in metadata['text'] and metadata['text'].endswith('end')", facts) is Truth.TRUE


def test_a_long_message_is_judged_on_its_beginning() -> None:
    facts = health_facts(name="a", status="critical", message="x" * 1_000_000, timestamp=AT)
    assert judged(f"len(message) == {LONGEST_TEXT}", facts) is Truth.TRUE


@pytest.mark.parametrize("digits", ["9" * 301, "9" * 5_000], ids=["over 300", "over Python's own limit"])
@pytest.mark.parametrize("function", ["int", "float"])
def test_a_text_of_too_many_digits_is_not_read(function: str, digits: str) -> None:
    facts = METRIC._replace(tags={"digits": digits})
    assert reason_broken(f"{function}(tags['digits']) > 5", facts) == f"{function} takes at most 300 digits"


def test_powers_take_constant_time_because_they_are_never_computed_as_whole_numbers() -> None:
    text = "int(value) ** int(value) ** int(value) ** int(value) > 1"
    assert "has no finite result" in reason_broken(text)


@pytest.mark.parametrize(
    "wrong",
    [{"tags": ("env", "prod")}, {"tags": None}, {"metadata": None}, {"value": "ninety"}, {"name": None}],
    ids=["tags", "no tags", "metadata", "value", "name"],
)
def test_facts_of_the_wrong_types_break_the_condition_and_nothing_else(wrong: dict[str, Any]) -> None:
    facts = METRIC._replace(**wrong)
    condition = parse("tags['env'].startswith('p') and metadata['limit'] > 5 and value > 5 and name.startswith('m')")
    with pytest.raises(ConditionBroken, match=r"cannot be computed|cannot take"):
        condition.verdict(facts)
