"""Characters that look like others, or like nothing."""

import pytest

from alerts.conditions import ConditionRefused, parse

LOOK_ALIKES = {
    "Cyrillic a": ("v\u0430lue > 5", 1),
    "full-width letters": ("\uff56alue > 5", 0),
    "mathematical letters": ("\U0001d42falue > 5", 0),
    "ligature": ("\ufb01le > 5", 0),
    "long s": ("tag\u017f['x'] == 'y'", 3),
    "full-width full stop": ("metric\uff0evalue > 5", 6),
    "curly quotes": ("name == \u2018cpu\u2019", 8),
    "minus sign": ("value > \u22125", 8),
    "greater or equal": ("value \u2265 5", 6),
    "full-width digit": ("value > \uff15", 8),
    "Arabic digit": ("value > \u0665", 8),
    "no-break space": ("value\u00a0> 5", 5),
    "ideographic space": ("value\u3000> 5", 5),
}


@pytest.mark.parametrize(("text", "position"), LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_outside_texts_is_refused_at_its_place(text: str, position: int) -> None:
    with pytest.raises(ConditionRefused) as refusal:
        parse(text)
    assert refusal.value.position == position


def test_a_look_alike_comes_with_the_plain_character_to_write() -> None:
    with pytest.raises(ConditionRefused, match=r"GREATER-THAN OR EQUAL TO.*write >="):
        parse("value ≥ 5")


def test_letters_of_any_language_may_stand_in_texts() -> None:
    parse("name == 'Gesundheit Größe 健康 здоровье'")


INVISIBLE = "\0\x01\x07\x0b\x0c\x1b\x7f\x85\u00a0\u00ad\u034f\u061c\u115f\u17b4\u180e\u200b\u200c\u200d\u200e\u200f"


INVISIBLE += (
    "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2064\u2066\u2069\u2800\u3164\ufe0f\ufeff\uffa0\U000e0041"
)


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda character: f"U+{ord(character):04X}")
@pytest.mark.parametrize("text", ["value > {}5", "name == 'a{}b'", "{}value > 5", "value > 5{}"])
def test_an_invisible_or_bidirectional_character_is_refused_everywhere(text: str, character: str) -> None:
    with pytest.raises(ConditionRefused) as refusal:
        parse(text.format(character))
    assert refusal.value.position == text.index("{}")
    assert f"U+{ord(character):04X}" in refusal.value.message


def test_the_escape_of_an_invisible_character_is_visible_and_allowed() -> None:
    parse(r"name == 'a\u200bb'")


@pytest.mark.parametrize("text", ["name == 'a\nb'", "name == '''a\nb'''", "name == 'a\tb'"])
def test_a_line_end_inside_a_text_is_refused(text: str) -> None:
    with pytest.raises(ConditionRefused, match="line end or tab inside a text"):
        parse(text)
