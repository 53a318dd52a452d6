"""Texts written to escape, to hide, or to exhaust."""

import ast
import warnings

import pytest

from alerts.conditions import ConditionRefused, compiling, parse
from alerts.conditions.compiling import compile_judge
from tests.alerts.conditions.subjects import METRIC

ESCAPES = [
    "__import__('os').system('id') == value",
    "eval('1') == value",
    "exec('1') == value",
    "open('/etc/passwd') == value",
    "getattr(name, 'lower') == value",
    "setattr(name, 'a', 1) == value",
    "globals() == value",
    "vars(tags) == value",
    "type(name) == value",
    "().__class__.__bases__[0].__subclasses__() == value",
    "name.__class__.__mro__ == value",
    "name.__class__ == value",
    "(value).__class__.__init__.__globals__ == value",
    "'{0.__class__}'.format(value) == name",
    "'{0.__class__}'.format_map(tags) == name",
    "'%(a)s' % tags == name",
    "f'{name.__class__}' == name",
    "f'{(lambda: value)()}' == name",
    "(lambda: value)() > 5",
    "[x for x in ().__class__.__bases__] == value",
    "[*tags] == value",
    "max(*tags) > value",
    "min(**tags) > value",
    "(x := tags) == value",
    "tags.get.__self__ == value",
    "tags.items() == value",
    "tags.pop('env') == name",
    "tags.update(env='x') == name",
    "tags.__class__ == value",
    "metadata.clear() == value",
    "metadata.__getattribute__('x') == value",
    "name.join(tags) == name",
    "name.encode() == value",
    "name.translate(tags) == name",
    "name.zfill(999999999) == name",
    "name.ljust(999999999) == name",
    "name * 999999999 == name",
    "'a' * 10 ** 9 == name",
    "[1] * 10 ** 9 == value",
    "9 ** 9 ** 9 ** 9 > value",
    "1 << 999999999 > value",
    "abs.__self__ == value",
    "abs.__call__(value) > 5",
    "str.lower(name) == name",
    "print(value) == value",
    "breakpoint() == value",
    "facts[0] == value",
    "questions == value",
    "t1 == value",
    "TRUE == value",
    "failures == value",
    "broken_by(value) == value",
    "metric.__class__ == value",
    "health_check.__dict__ == value",
    "metric.metric.value > 5",
    "health_check.health_check.value > 5",
    "{}.__class__ == value",
    "not tags.__len__()",
    "(yield) == value",
    "(await name) == value",
    "... == value",
    "name.lower.__func__ == value",
    "name.replace('a', 'b').__class__ == name",
    "name[0].__class__ == name",
    "().__len__() == value",
    "[].append(value) is None",
    "value if __debug__ else 5",
    "(value > 5).__class__ == name",
    "b'cpu' == name",
    "b'' in name",
    "bytes(999999999) == name",
    "bytearray(999999999) == name",
    "name[::-1] == name",
    "name[...] == name",
    "name[0:1:2] == name",
    "name[tags] == name",
    "tags[name] == 'a'",
    "tags[...] == 'a'",
    "metadata['a'].__class__ == name",
    "metadata.get('a').real == value",
    "metadata['a']['b'] == name",
    "metadata['a']() == name",
    "value.real == value",
    "value.__class__ == name",
    "value.to_bytes(999999999) == name",
    "value.__format__('>999999999') == name",
    "name.__format__('>999999999') == name",
    "'{:>999999999}'.format(value) == name",
    "format(value, '>999999999') == name",
    "f'{value:>999999999}' == name",
    "f'{value!r}' == name",
    "name.center(999999999) == name",
    "name.expandtabs(999999999) == name",
    "name.split() == name",
    "name.partition('a') == name",
    "name.removeprefix('a') == name",
    "name.maketrans(tags) == name",
    "str(name, 'utf-8') == name",
    "str(object=name) == name",
    "int('zz', 36) > value",
    "int.from_bytes(name, 'big') > value",
    "float.fromhex('0x1p99') > value",
    "len(range(10 ** 18)) > value",
    "sum(range(10 ** 9)) > value",
    "sorted(tags) == value",
    "map(str, tags) == value",
    "next(iter(tags)) == name",
    "pow(9, 9 ** 9) > value",
    "pow(value, 9, 9) > value",
    "divmod(value, 9) == value",
    "max(tags, key=len) == name",
    "max(value, 1, default=name) > value",
    "1j > value",
    "0x7F << 2 > value",
    "~value > 5",
    "name @ name == value",
    "*tags, value == value",
    "value == (*tags,)",
    "{**tags} == value",
    "{tag: 1 for tag in tags} == value",
    "{tag for tag in tags} == value",
    "(tag for tag in tags) == value",
    "any(tag == 'a' for tag in tags)",
    "[value := 5] == value",
    "(value := 5) > 1",
    "lambda: value > 5",
    "(lambda facts: facts)(name) == name",
    "async_ == value",
    "[x async for x in tags] == value",
    "yield value",
    "await name",
    "(yield from tags) == value",
    "global value",
    "nonlocal value",
    "import os",
    "from os import system",
    "del value",
    "pass",
    "return value > 5",
    "raise name",
    "assert value > 5",
    "value > 5; value > 6",
    "value > 5\nvalue > 6",
    "value: int > 5",
    "value = 5",
    "value += 5",
    "print >> value",
    "type('X', (), {}) == value",
    "compile('1', '', 'eval') == value",
    "input() == name",
    "help() == name",
    "dir() == value",
    "locals() == value",
    "super().__init__ == value",
    "object() == value",
    "classmethod(str) == value",
    "NotImplemented == value",
    "Exception == value",
    "__builtins__ == value",
    "__name__ == name",
    "__file__ == name",
    "self.value > 5",
    "c0 == value",
    "condition(facts) == value",
    "failure.args == value",
    "UNKNOWN == value",
    "windows.read == value",
    "metric.windows == value",
    "metric.is_health == value",
    "metric._replace(value=9) == value",
    "metric[2] > 5",
    "health_check[2] > 5",
    "metric == health_check",
    "avg.__globals__ == value",
    "avg(name, '5m') > 5",
    "avg('m', window='5m') > 5",
    "avg(*tags) > 5",
    "avg('m', '5m', **tags) > 5",
    "avg('m', '5m', env=name) > 5",
    "avg('m', '99999999d') > 5",
    "avg(f'{name}', '5m') > 5",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_an_escape_is_refused(text: str) -> None:
    with pytest.raises(ConditionRefused):
        parse(text)


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


def test_what_is_compiled_reads_no_attribute_and_names_only_what_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[ast.AST] = []

    def spy(source: ast.Module, filename: str, mode: str) -> object:
        compiled.append(source)
        return compile(source, filename, mode)

    monkeypatch.setattr("alerts.conditions.compiling.compile", spy, raising=False)
    compiling._code_of.cache_clear()
    text = "tags['env'].lower() == 'prod' and metadata.get('a', 1) + value ** 2 > 1 and not name[0] in ('a', 'b')"
    judge = compile_judge(parse(text).tree)
    assert judge(METRIC)
    assert not [node for node in ast.walk(compiled[0]) if isinstance(node, (ast.Attribute, ast.Import, ast.BinOp))]


def test_a_compiled_condition_has_no_builtins() -> None:
    judge = parse("value > 5").verdict
    assert getattr(judge, "__globals__")["__builtins__"] == {}  # noqa: B009
