"""The text of a condition before it is parsed: its length, its characters, its string literals.

Everything the parser would warn about (invalid escapes, ``1if x``) is refused here, so that parsing is silent without
touching the process-wide warning filters, which other threads share.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from alerts.conditions.refusals import ConditionRefused

LONGEST_CONDITION: Final = 2_000
DEEPEST_NESTING: Final = 20

_STRING: Final = re.compile(
    r"(?P<prefix>(?<!\w)(?i:rb|br|rf|fr|[rbuf]))?"
    r"(?P<body>'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:(?P<known>[\"'\\abfnrtvxNuU]|[0-3]?[0-7]{1,2}(?![0-7]))|.)", re.DOTALL)
_GLUED_NUMBER: Final = re.compile(r"(?<!\w)\d[\w.]*?(?=and|else|for|if|in|is|not|or)")

_UNUSUAL: Final = re.compile(r"[^ -~\n\r\t]")
_LINE_END_OR_TAB: Final = re.compile(r"[\n\r\t]")
_STRAY: Final = re.compile(r"[^\0-\x7f]|['\"#]")
_BRACKET: Final = re.compile(r"[()\[\]{}]")
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}

_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
# Letters and marks that are drawn as nothing, which their categories do not tell.
_INVISIBLE_LETTERS: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_ASCII_FOR: Final = {
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2212": "-", "\u2013": "-", "\u2014": "-",
    "\u00d7": "*", "\u00f7": "/", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\uff1e": ">", "\uff1c": "<",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A text whose characters are all sound.

    ``line`` is the text with line ends as spaces, ``outside`` the same with string literals blotted out by ``\\0``; the
    three have equal length, so an offset means the same in each.
    """

    text: str
    line: str
    outside: str


def read_source(text: str) -> Source:
    """Check length, characters, quotes and brackets; ConditionRefused at the first that is wrong."""
    if len(text) > LONGEST_CONDITION:
        message = f"a condition has at most {LONGEST_CONDITION} characters, this one has {len(text)}"
        raise ConditionRefused(message, LONGEST_CONDITION)
    if not text.strip():
        raise ConditionRefused("the condition is empty", 0, "for example: name == 'cpu_usage_percent' and value > 80")
    _refuse_invisible(text)
    strings = list(_STRING.finditer(text))
    for string in strings:
        _check_string(string)
    outside = _STRING.sub(lambda string: "\0" * len(string.group()), text)
    outside = _LINE_END_OR_TAB.sub(" ", outside)
    _check_outside(outside)
    return Source(text, _LINE_END_OR_TAB.sub(" ", text), outside)


def _refuse_invisible(text: str) -> None:
    for found in _UNUSUAL.finditer(text):
        position, character = found.start(), found.group()
        if unicodedata.category(character) in _INVISIBLE_CATEGORIES or _INVISIBLE_LETTERS.match(character):
            message = f"an invisible or control character, {_name(character)}"
            raise ConditionRefused(message, position, "remove it, or in a text write its escape")


def _check_string(string: re.Match[str]) -> None:
    body, start = string["body"], string.start("body")
    if blank := _LINE_END_OR_TAB.search(body):
        raise ConditionRefused("a line end or tab inside a text", start + blank.start(), r"write \n or \t")
    if "r" in (string["prefix"] or "").lower():
        return
    for escape in _ESCAPE.finditer(body):
        if escape["known"] is None:
            advice = f"write \\{escape.group()} for a backslash"
            raise ConditionRefused(f"{escape.group()} is not an escape", start + escape.start(), advice)


def _check_outside(outside: str) -> None:
    if stray := _STRAY.search(outside):
        raise _stray(stray.group(), stray.start())
    _check_brackets(outside)
    if glued := _GLUED_NUMBER.search(outside):
        raise ConditionRefused("a number runs into a word", glued.end(), "put a space between them")


def _check_brackets(outside: str) -> None:
    """Balance and depth, so that the parser is never given what it could only read slowly or not at all."""
    opened: list[int] = []
    for bracket in _BRACKET.finditer(outside):
        position, character = bracket.start(), bracket.group()
        if character in _CLOSING:
            opened.append(position)
            if len(opened) > DEEPEST_NESTING:
                raise ConditionRefused(f"brackets are nested more than {DEEPEST_NESTING} deep", position)
        elif not opened or _CLOSING[outside[opened.pop()]] != character:
            raise ConditionRefused(f"`{character}` closes nothing", position)
    if opened:
        unclosed = outside[opened[-1]]
        raise ConditionRefused(f"`{unclosed}` is not closed", opened[-1], f"close it with {_CLOSING[unclosed]}")


def _stray(character: str, position: int) -> ConditionRefused:
    if character == "#":
        return ConditionRefused("comments are not part of a condition", position, "use the rule's description")
    if character in "'\"":
        return ConditionRefused("a text is not closed", position, f"close it with {character}")
    plain = _ASCII_FOR.get(character) or unicodedata.normalize("NFKC", character)
    advice = f"write {plain}" if plain.isascii() else "only plain ASCII stands outside texts"
    return ConditionRefused(f"{character!r} is {_name(character)}, not an ASCII character", position, advice)


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
