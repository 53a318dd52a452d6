import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.muting.matchers import Matcher, MatcherRefused, exactly, facts_of, matches, parse

FACTS = facts_of("high_cpu", 3, "cpu{instance=web-1}", {"instance": "web-1", "team": "data"})


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("rule=high_cpu", True),
        ("rule=high", False),
        ("rule!=high", True),
        ("severity=high", True),
        ("severity=~high|critical", True),
        ("severity!~high|critical", False),
        ("instance=~web-.*", True),
        ("instance=~web", False),
        ("instance!~db-.*", True),
        ("region=", True),
        ("region!=", False),
        ('team="data"', True),
        ("rule=high_cpu\nteam=web", False),
        ("rule=high_cpu\n\n team = data ", True),
        ("rule=~.*", True),
    ],
)
def test_all_matchers_have_to_match_the_whole_value(text: str, fits: bool) -> None:
    assert matches(parse(text), FACTS) is fits


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "at least one matcher"),
        ("high_cpu", "is no matcher"),
        ("severity=worst", "low, medium, high or critical"),
        ("instance=~web-(", "no regular expression"),
        ("instance=~(a+)+b", "could take for ever"),
        ("instance=~(a|aa)*b", "could take for ever"),
        ("instance=~(.*)\\1", "could take for ever"),
        ("instance=~.*.*.*.*x", "could take for ever"),
        ("instance=~" + "a" * 300, "under 200 characters"),
        ("\n".join(["rule=a"] * 21), "at most 20"),
    ],
)
def test_what_is_no_matcher_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(MatcherRefused, match=re.escape(says)):
        parse(text)


def test_matchers_of_one_alert_fit_that_alert_and_no_other() -> None:
    text = exactly(FACTS, ["rule", "instance", "missing"])
    assert text == "rule=high_cpu\ninstance=web-1"
    assert matches(parse(text), FACTS)
    assert not matches(parse(text), FACTS | {"instance": "web-2"})


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60))
def test_any_value_comes_back_as_it_was_written(value: str) -> None:
    (back,) = parse(exactly({"tag": value}, ["tag"]))
    assert back == Matcher("tag", "=", value)


def test_an_expression_looks_at_the_first_300_characters_of_a_value() -> None:
    (matcher,) = parse("instance=~a+")
    assert matcher.matches({"instance": "a" * 300 + "b"})
    assert not matcher.matches({"instance": "a" * 299 + "b"})
