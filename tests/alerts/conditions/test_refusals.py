"""What is refused when a rule is saved: the message, the place, and what to write instead."""

import pytest

from alerts.conditions import ConditionRefused, parse


def refused(text: str) -> ConditionRefused:
    with pytest.raises(ConditionRefused) as refusal:
        parse(text)
    return refusal.value


# The mark ^ stands before the place that the refusal points at; it is not part of the text.
@pytest.mark.parametrize(
    ("marked", "message", "advice"),
    [
        ("^valu > 85", "`valu` is not known", "did you mean `value`?"),
        ("name == 'é' and ^valu > 85", "`valu` is not known", "did you mean `value`?"),
        ("  ^Value > 85", "`Value` is not known", "did you mean `value`?"),
        ("value > ^threshold", "`threshold` is not known", "allowed here: category, duration_ms"),
        ("name == 'a' and value > 5 and ^true", "`true` is not known", "did you mean `True`?"),
        ("^avgg('m', '5m') > 5", "`avgg` is not a function", "did you mean `avg`?"),
        ("value > 5 ^&& value < 9", "`&&` is not an operator", "write `and`"),
        ("value > 5 ^|| value < 9", "`||` is not an operator", "write `or`"),
        ("^!health_check", "`!` is not an operator", "write `not`"),
        ("value ^<> 5", "`<>` is not an operator", "write `!=`"),
        ("value ^=> 5", "the equals sign stands second", "write `<=` or `>=`"),
        ("value ^=== 5", "three characters are one too many", "write `==` or `!=`"),
        ("value > 5 ^AND value < 9", "operators are written small", "write `and`, `or`, `not`"),
        ("^(value > 5) & (value < 9)", "bit operators are not part", "write `and`"),
        ("^(value > 5) | (value < 9)", "bit operators are not part", "write `or`"),
        ("value ^= 5", "a condition assigns nothing", "compare with `==`"),
        ("value ^:= 5", "a condition assigns nothing", "compare with `==`"),
        ("(^x := 5) > value", "a condition assigns nothing", "compare with =="),
        ("value > 5^; value < 9", "a condition is one expression", "join with"),
        ("^import os", "one expression, not a program", "for example"),
        ("value > 5 ^# high", "comments are not part", "description"),
        ("value > 5 >^", "the expression is not finished", "for example"),
        ("value > 5 ^name", "not an expression at `name`", "for example"),
        ("^(value > 5", "`(` is not closed", "close it with )"),
        ("value > 5^)", "`)` closes nothing", ""),
        ("name in ('a'^] ", "`]` closes nothing", ""),
        ("name == ^'cpu", "a text is not closed", "close it with '"),
        ("^lambda: value > 5", "lambda is not part", ""),
        ("value in ^[x for x in tags]", "a comprehension is not part", "list the values"),
        ("len(^{x for x in tags}) > value", "a comprehension is not part", "list the values"),
        ("len(^{x: 1 for x in tags}) > value", "a comprehension is not part", "list the values"),
        ("max^(x for x in tags) > value", "a comprehension is not part", "list the values"),
        ("name in ^{'a': 1}", "a dictionary is not part", "list the values"),
        ("^f'{value}' == '5'", "an f-string is not part", "join texts with +"),
        ("max(^*[1, 2]) > value", "a star is not part", "write the arguments out"),
        ("round(value, **^tags) > 1", "two stars are not part", ""),
        ("round(value, ndigits=^2) > 1", "no argument `ndigits=` here", ""),
        ("^await value", "await is not part", ""),
        ("(^yield value) > 5", "yield is not part", ""),
        ("value > ^b'5'", "b'5' is not a plain number or text", ""),
        ("value > ^5j", "5j is not a plain number or text", ""),
        ("value > ^...", "an ellipsis is not part", ""),
        ("value.^__class__ == 5", "names with two underscores", ""),
        ("().^__class__ == value", "names with two underscores", ""),
        ("^__import__ == value", "names with two underscores", ""),
        ("value.^real > 5", "nothing has a `.real`", "allowed here"),
        ("name.^startwith('x')", "nothing has a `.startwith`", "did you mean `startswith`?"),
        ("name.^format(value) == 'x'", "nothing has a `.format`", "allowed here"),
        ("name.^lower == 'x'", "`lower` is a method", "call it"),
        ("tags.^get == 'x'", "`get` is a method", "call it"),
        ("^lower(name) == 'x'", "`lower` is a method", "name.lower(...)"),
        ("^lower == name", "`lower` is a method", "name.lower(...)"),
        ("^abs > 5", "`abs` is a function", "call it: abs(...)"),
        ("^value(5) > 5", "`value` is not a function", "allowed here"),
        ("metric.^value(5) > 5", "`value` is a fact and cannot be called", ""),
        ("^(value)(5) > 5", "`value` is not a function", ""),
        ("^name.lower()() == 'x'", "only functions named in the language", ""),
        ("metric.^status == 'x'", "a metric has no fact `status`", ""),
        ("metric.^valu > 5", "a metric has no fact `valu`", "did you mean `value`?"),
        ("health_check.^category == 'x'", "a health check has no fact `category`", "allowed here: duration_ms"),
        ("^metric and value > 5", "`metric` is no fact by itself", "metric.value"),
        ("^value", "a condition is true or false, and `value` is a bare name", "compare it"),
        ("^health_check", "a condition is true or false, and `health_check` is a bare name", "compare it"),
        ("^5", "a condition is true or false, and `5` is always the same", "compare it"),
        ("^True", "a condition is true or false, and `True` is always the same", "compare it"),
        ("^'text'", "always the same", "compare it"),
        ("^None", "always the same", "compare it"),
        ("^value + 5", "`value + 5` is a number", "compare it"),
        ("^name.lower()", "`name.lower()` is a text", "compare it"),
        ("^tags['env']", "`tags['env']` is a text", "compare it"),
        ("^[1, 2]", "`[1, 2]` is a list", "compare it"),
        ("^value > 5, value < 9", "a list holds texts, numbers and truth values only", ""),
        ("^5 if value > 3 else 4", "is a number", "compare it"),
        ("^1 < 2", "the condition uses no fact, its answer never changes", ""),
        ("^value and name == 'x'", "`and` takes a truth value, and `value` is a number", "value != 0"),
        ("not ^name", "`not` takes a truth value, and `name` is a text", "name != ''"),
        ("5 < (1 if ^value else 2)", "`if` takes a truth value", "value != 0"),
        ("^value == '5'", "`==` cannot compare a number with a text", "int(...)"),
        ("^tags['port'] > 80", "`>` cannot compare a text with a number", "int(...)"),
        ("^name > 5", "`>` cannot compare a text with a number", ""),
        ("^value in ['a', 'b']", "nothing in the list can equal a number", ""),
        ("^value in name", "`in` with a text takes a text, and `value` is a number", ""),
        ("name in ^value", "`in` takes a list or a set of metadata or a set of tags or a text", ""),
        ("name == ^['a', 'b']", "`==` takes", "write `in` for a list"),
        ("^tags == 'x'", "`==` takes", ""),
        ("value == ^None", "None is not compared by value", "write `is None`"),
        ("^value is 5", "`is` stands only in", "compare with =="),
        ("^value is None is None", "`is` stands only in", ""),
        ("^5 is None", "a literal is never None", ""),
        ("^value + name > 5", "`+` takes a text, and `value` is a number", ""),
        ("^name * 3 == 'x'", "`*` takes a number or a truth value, and `name` is a text", "only + joins texts"),
        ("^'%s' % name == 'x'", "`%` takes a number", "only + joins texts"),
        ("-^name > 5", "a negative sign takes a number", ""),
        ("^~value > 5", "bit operators are not part", "write `not`"),
        ("^value.lower() == 'x'", "`.lower()` takes a text, and `value` is a number", ""),
        ("^value[0] == 'x'", "an index takes a text, and `value` is a number", ""),
        ("name[^'a'] == 'x'", "an index of a text takes a number", ""),
        ("name[0:5:^2] == 'x'", "no step", ""),
        ("tags[^name] == 'x'", "a key is a text in quotes", "write tags['key']"),
        ("tags[^0] == 'x'", "a key is a text in quotes", "write tags['key']"),
        ("tags[^0:1] == 'x'", "a slice stands only", ""),
        ("tags.get(^name) == 'x'", "a key is a text in quotes", ""),
        ("^tags.get() == 'x'", "`get` takes 1 to 2 arguments", ""),
        ("name.^get('x') == 'x'", "tags and metadata have the method get", ""),
        ("tags.^lower() == 'x'", "tags and metadata have the method get", ""),
        ("^min(value) > 5", "`min` takes 2 arguments or more", ""),
        ("^abs(value, 2) > 5", "`abs` takes 1 argument", ""),
        ("^round(value, 2, 3) > 5", "`round` takes 1 to 2 arguments", ""),
        ("^name.lower(5) == 'x'", "`lower` takes 0 arguments", ""),
        ("^name.startswith()", "`startswith` takes 1 argument", ""),
        ("name.startswith(^5)", "`startswith` takes a list or a text, and `5` is a number", ""),
        ("name.startswith(^('a', 5))", "a list of beginnings or endings holds texts only", ""),
        ("name in [^value]", "a list holds texts, numbers and truth values only, not `value`", ""),
        ("name in [^None]", "a list holds texts, numbers and truth values only, not `None`", ""),
        ("name in [^['a']]", "a list holds texts", ""),
        ("value > ^1e999", "a number is past 1e+300", ""),
        ("value > ^10 ** 400", "10 ** 400 has no finite result", ""),
        ("value > ^5 / 0", "division by zero: 5 / 0", ""),
        (r"name == ^'a\0b'", "no text of a metric can hold", ""),
        (r"name == ^'\ud800'", "no text of a metric can hold", ""),
    ],
)
def test_a_refusal_says_what_where_and_what_instead(marked: str, message: str, advice: str) -> None:
    place = marked.index("^")
    refusal = refused(marked[:place] + marked[place + 1 :])
    assert message in refusal.message
    assert advice in refusal.advice
    assert refusal.position == place


def test_a_caret_is_no_power() -> None:
    assert "`**` for a power" in refused("value ^ 2 > 4").advice


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_an_empty_text_is_refused(text: str) -> None:
    assert refused(text).message == "the condition is empty"


def test_a_refusal_reads_as_one_sentence() -> None:
    assert str(refused("valu > 85")) == "`valu` is not known; did you mean `value`?"
    assert str(refused("value > 5)")) == "`)` closes nothing"


def test_a_position_can_be_told_as_line_and_column() -> None:
    text = "name == 'a'\n  and valu > 5"
    assert refused(text).line_and_column(text) == (2, 7)
    assert refused("valu > 5").line_and_column("valu > 5") == (1, 1)


def test_a_condition_may_have_two_thousand_characters_and_no_more() -> None:
    longest = "value > 5" + " " * 1_991
    assert parse(longest).text == longest
    assert refused(longest + " ").position == 2_000


def test_a_condition_may_have_two_hundred_parts_and_no_more() -> None:
    pairs = " or ".join(["value > 1"] * 66)
    parse(pairs)
    assert "at most 200 parts" in refused(pairs + " or value > 1").message


@pytest.mark.parametrize(
    "opening",
    ["not ", "-", "abs(", "("],
)
def test_nesting_over_twenty_is_refused(opening: str) -> None:
    inner = "(value > 5)" if opening == "not " else "value"
    closing = ")" * opening.count("(")
    end = "" if opening == "not " else " > 5"
    parse(opening * 17 + inner + closing * 17 + end)
    assert "nested more than 20 deep" in refused(opening * 21 + inner + closing * 21 + end).message


def test_a_chain_of_additions_is_nesting_too() -> None:
    assert "nested more than 20 deep" in refused("value" + " + value" * 20 + " > 5").message
