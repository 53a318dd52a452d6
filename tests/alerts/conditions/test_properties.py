"""What holds for every text, every condition and all facts."""

import warnings

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.conditions import Condition, ConditionBroken, ConditionRefused, Facts, Truth, parse
from tests.alerts.conditions.generated import conditions, subjects
from tests.alerts.conditions.reference import Broken, reference_verdict

# No wall clock and no files: the same examples on every machine.
thorough = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

FRAGMENTS = [
    *("name", "value", "tags", "metadata", "health_check", "metric", "abs", "min", "round", "p95", "None", "True"),
    *(" and ", " or ", "not ", " in ", " is ", " if ", " else ", "lambda ", " for x in ", "await ", "yield ", "1if "),
    *("==", "!=", "<", ">", "=", ":=", "+", "-", "*", "**", "/", "//", "%", "&", "|", "^", "~", "@", "!"),
    *(".", "[", "]", "(", ")", "{", "}", "'", '"', "\\", ",", ":", ";", "#", " ", "\n", "\u200b", "\uff56"),
    *("'a'", "b''", "f'{value}'", "r'", "\\d", "\\N{", "0", "1", "9.5", "1e9", "0x1f", "1j"),
    *(".get", ".lower()", ".startswith", "__class__", "avg('m', '5m')", "offset='1d'"),
]
hostile_texts = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))


def accepted(text: str) -> Condition | None:
    try:
        return parse(text)
    except ConditionRefused as refusal:
        assert 0 <= refusal.position <= len(text)
        assert refusal.message
        return None


@given(hostile_texts)
@thorough
def test_any_text_is_a_condition_or_is_refused_in_silence(text: str) -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        accepted(text)
    assert heard == []


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join), conditions(), st.integers(0, 200), subjects)
@thorough
def test_an_accepted_condition_has_a_verdict_or_is_broken(
    inserted: str, condition: str, place: int, facts: Facts
) -> None:
    edited = accepted(condition[:place] + inserted + condition[place:])
    if edited is not None:
        try:
            assert edited.verdict(facts) in Truth
        except ConditionBroken as broken:
            assert broken.reason


@given(conditions(), subjects)
@thorough
def test_the_compiled_condition_agrees_with_the_reference(text: str, facts: Facts) -> None:
    condition = accepted(text)
    if condition is None:
        return
    try:
        expected = reference_verdict(text, facts)
    except Broken:
        expected = None
    try:
        verdict = condition.verdict(facts)
    except ConditionBroken:
        verdict = None
    assert verdict is expected


@given(conditions(), subjects)
@thorough
def test_a_selector_matches_whatever_the_condition_is_true_of(text: str, facts: Facts) -> None:
    condition = accepted(text)
    if condition is None:
        return
    try:
        verdict = condition.verdict(facts)
    except ConditionBroken:
        return
    if verdict is Truth.TRUE:
        selector = condition.selector
        assert selector.matches(facts.name, facts.category, facts.tags, facts.is_health)
        assert selector.names is None or facts.name in selector.names
