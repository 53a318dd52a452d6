"""What a text may cost, whether it is refused or accepted: 250 ms and 64 MiB, measured in a process of its own."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.alerts.conditions.generated import conditions
from tests.alerts.conditions.scales import Scales
from tests.alerts.conditions.test_exhausting import REPEATED
from tests.alerts.conditions.test_hostile import ESCAPES
from tests.alerts.conditions.test_properties import hostile_texts, thorough

pytestmark = pytest.mark.once

WORST = {
    "a text doubled nineteen times": "name" + "".join(f".replace('a', 'a{'b' * 20}')" for _ in range(19)) + " == 'a'",
    "texts joined a hundred times": "len(" + " + ".join(["message"] * 15) + ") > 5",
    "an empty text replaced": "name.replace('', message) == name",
    "a text in a text that nearly holds it": "('a' + name) in (name + message)",
    "a letter that becomes three": "category.upper().lower().upper() == name",
    "a power of powers": "value ** 9 ** 9 ** 9 ** 9 > 1",
    "a root of nothing": "value ** -1e300 ** 0.5 > 1",
    "the longest whole number": "int(metadata['digits']) ** 99 * int(metadata['digits']) // 7 % 3 > 1",
    "a float as text again and again": "str(float(str(float(str(value))))) == name",
    "two hundred parts": " or ".join(["value > 1"] * 49),
    "the longest word": "a" * 2000,
    "the longest dotted word": ("a." * 999) + "a",
    "the longest number": "9" * 2000,
    "the longest exponent": "value > 1e" + "9" * 1900,
    "the longest text": "name == '" + "a" * 1980 + "'",
    "a text of escapes": "name == '" + "\\x41" * 490 + "'",
    "named letters": "name == '" + "\\N{GREEK SMALL LETTER ALPHA}" * 60 + "'",
    "a list of many": "value in (" + "1," * 190 + ")",
    "tags without end": "avg('m', '5m', " + ", ".join(f"t{n}='a'" for n in range(120)) + ") > 1",
    "the deepest brackets": "(" * 20 + "value" + ")" * 20 + " > 1",
    "a tower of choices": "(1 if value > 1 else " * 17 + "2" + ")" * 17 + " > 1",
    "a tower of negations": "not " * 18 + "value > 1",
}


@pytest.fixture(scope="module")
def scales() -> Iterator[Scales]:
    with Scales() as ready:
        yield ready


@pytest.mark.parametrize("what", WORST)
def test_the_worst_that_can_be_written_is_bounded(what: str, scales: Scales) -> None:
    weight = scales.weigh(WORST[what])
    assert weight.is_bounded, weight


def test_what_tries_to_escape_or_repeats_without_end_is_bounded(scales: Scales) -> None:
    texts = [*ESCAPES, *(part * (2000 // len(part)) for part in REPEATED)]
    heavy = {text[:60]: weight for text in texts if not (weight := scales.weigh(text)).is_bounded}
    assert heavy == {}


def growing(leaves: list[str], grow: list[str]) -> SearchStrategy[str]:
    """Expressions of these leaves, put into each other as the templates say."""

    def deeper(inner: SearchStrategy[str]) -> SearchStrategy[str]:
        return st.builds(lambda template, *parts: template.format(*parts), st.sampled_from(grow), inner, inner, inner)

    return st.recursive(st.sampled_from(leaves), deeper, max_leaves=24)


heavy_texts = growing(
    ["name", "message", "category", "tags['long']", "metadata['wide']", "'\u0130'", "'ab'", "''", "str(value)"],
    ["({} + {})", "{}.replace({}, {})", "{}.upper()", "{}.lower()", "{}.strip({})", "{}[0:9999]", "({} + {} + {})"],
)
heavy_numbers = growing(
    ["value", "9", "1e300", "0.1", "len(name)", "metadata['big']", "int(metadata['digits'])", "duration_ms"],
    ["({} ** {})", "({} * {})", "({} // {})", "({} % {})", "round({}, 300)", "-{}", "max({}, {})", "float(str({}))"],
)
heavy_conditions = st.builds(
    lambda text, other, number, limit, joint: f"{text} in {other} {joint} {text}.count({other}) > {number} > {limit}",
    heavy_texts,
    heavy_texts,
    heavy_numbers,
    heavy_numbers,
    st.sampled_from(["and", "or"]),
)


@pytest.mark.parametrize(
    ("texts", "least_accepted"),
    [(heavy_conditions, 40), (conditions(), 40), (hostile_texts, 0)],
    ids=["heavy", "valid", "hostile"],
)
def test_no_text_takes_more_than_it_may(texts: SearchStrategy[str], least_accepted: int, scales: Scales) -> None:
    outcomes = Counter[str]()

    @given(texts)
    @settings(thorough, max_examples=150)
    def bounded(text: str) -> None:
        weight = scales.weigh(text)
        assert weight.is_bounded, weight
        outcomes[weight.outcome] += 1

    bounded()
    assert outcomes["accepted"] >= least_accepted
