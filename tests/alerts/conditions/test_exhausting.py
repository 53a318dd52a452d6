"""Texts written to exhaust the parser, or to make it complain."""

import ast
import warnings

import pytest

from alerts.conditions import ConditionRefused, parse

REPEATED = [
    "(",
    "[",
    "{",
    "-",
    "not ",
    "lambda:",
    "f(",
    "1 if ",
    "a.",
    "1**",
    "~",
    "(a,",
    "{a:",
    "[x for ",
    "a[",
    "*a,",
]


REPEATED += [
    "await ",
    "a:",
    "(yield ",
    "''",
    "a in ",
    "1 if 1 else ",
    "value > 1 and ",
    "f'{",
    "0x",
    "1_",
    "\\",
    "'\\",
    "r'",
]


@pytest.mark.parametrize("part", REPEATED)
@pytest.mark.parametrize("length", [50, 1_000, 2_000, 1_000_000])
def test_a_text_of_endless_repetition_is_refused(part: str, length: int) -> None:
    with pytest.raises(ConditionRefused):
        parse((part * length)[:length])


@pytest.mark.parametrize("error", [ValueError, RecursionError, MemoryError])
def test_whatever_the_parser_gives_up_with_is_a_refusal(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    # No text within the length and the brackets allowed makes Python 3.11's parser do this; another version's may.
    def give_up(*_: object) -> ast.Expression:
        raise error

    monkeypatch.setattr("alerts.conditions.reading.ast.parse", give_up)
    with pytest.raises(ConditionRefused, match="the parser cannot read this"):
        parse("value > 5")


def test_a_lone_surrogate_is_refused_before_the_parser_trips_over_it() -> None:
    with pytest.raises(ConditionRefused):
        parse("name == '\ud800'")


@pytest.mark.parametrize(
    "text",
    [
        r"name == '\d'",
        r"name == '\777'",
        r"name == '\8'",
        r"value > 5 or'\d' == name",
        r"name == ur'\d'",
        "1if value > 5 else 2",
        ".5or value",
        "0x1for value",
        "1 is 1",
    ],
)
def test_the_parser_and_the_compiler_warn_about_nothing(text: str) -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with pytest.raises(ConditionRefused):
            parse(text)
    assert heard == []


def test_an_invalid_escape_is_refused_at_its_place() -> None:
    with pytest.raises(ConditionRefused, match=r"\\d is not an escape; write \\\\d") as refusal:
        parse(r"name == 'a\d'")
    assert refusal.value.position == 10


@pytest.mark.parametrize("text", [r"name == '\x41\u0041\N{BULLET}\101\\'", r"name == r'\d'", r'name == "\"\'"'])
def test_valid_escapes_and_raw_texts_are_accepted(text: str) -> None:
    parse(text)
