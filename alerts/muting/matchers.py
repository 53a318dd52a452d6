"""Matchers say which alerts a silence or a maintenance window is about, as Alertmanager's do.

``name op value`` with the operators ``=  !=  =~  !~``; name and value may stand in double quotes, in which ``\\"``,
``\\\\`` and ``\\n`` are a quote, a backslash and a new line. Names are ``rule``, ``severity``, ``subject`` and those of
an alert's tags. All matchers of a silence have to match. A regular expression has to match the whole value; a tag that
an alert does not have counts as empty. Pure.

Expressions are RE2's, whose matching takes time that grows with the text alone: one that people type cannot keep a
worker busy (https://github.com/google/re2/wiki/Syntax).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import re2

from alerts.models.severity import Severity

LONGEST_EXPRESSION = 200
LONGEST_VALUE = 300
"""Of a tag; expressions look at no more of it."""
MOST_MATCHERS = 20
MOST_MEMORY_BYTES = 1 << 20
"""Of one compiled expression."""
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NAME = r"[A-Za-z_][\w.:-]{0,99}"
_LINE = re.compile(rf"\s*(?P<name>{_NAME}|{_QUOTED})\s*(?P<op>!=|=~|!~|=)\s*(?P<value>{_QUOTED}|.*?)\s*\Z")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
_MEANT = {written[1]: character for character, written in _ESCAPED.items()}


class MatcherRefused(ValueError):
    """The text is no list of matchers; the message says where and what to write instead."""


def _equal(value: str, found: str) -> bool:
    return found == value


def _alike(value: str, found: str) -> bool:
    return _compiled(value).fullmatch(found[:LONGEST_VALUE]) is not None


def _compiled(expression: str) -> "re2._Regexp":
    """RE2 keeps those used lately. Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_MEMORY_BYTES
    return re2.compile(expression, options)


_OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "=": (_equal, True),
    "!=": (_equal, False),
    "=~": (_alike, True),
    "!~": (_alike, False),
}


@dataclass(frozen=True, slots=True)
class Matcher:
    name: str
    operator: str
    value: str

    def matches(self, facts: Mapping[str, str]) -> bool:
        compare, wanted = _OPERATORS[self.operator]
        return compare(self.value, facts.get(self.name, "")) is wanted

    def __str__(self) -> str:
        name = self.name if re.fullmatch(_NAME, self.name) else _quoted(self.name)
        value = self.value if re.fullmatch(r"[\w.:/*+?|()\[\]^$-]+", self.value) else _quoted(self.value)
        return f"{name}{self.operator}{value}"


NOTHING = (Matcher("rule", "=", "\0"),)
"""Matchers that fit no alert."""


def parse(text: str) -> tuple[Matcher, ...]:
    """One matcher a line. Raises MatcherRefused."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise MatcherRefused("Write at least one matcher, such as rule=high_cpu_usage; every alert is rule=~.*")
    if len(lines) > MOST_MATCHERS:
        raise MatcherRefused(f"Write at most {MOST_MATCHERS} matchers.")
    return tuple(_matcher(line) for line in lines)


def stored(text: str) -> tuple[Matcher, ...]:
    """As ``parse``; what was saved under other rules and cannot be read fits nothing, so that its alerts are told."""
    try:
        return parse(text)
    except MatcherRefused:
        return NOTHING


def trouble(text: str) -> str:
    """Why what was stored cannot be read, and what to do about it; empty where it can be."""
    try:
        parse(text)
    except MatcherRefused as refused:
        return f"It holds nothing back, as its matchers cannot be read: {refused} Edit it, or end it and make it anew."
    return ""


def matches(matchers: Iterable[Matcher], facts: Mapping[str, str]) -> bool:
    return all(matcher.matches(facts) for matcher in matchers)


def facts_of(rule_name: str, severity: int, subject: str, labels: Mapping[str, object]) -> dict[str, str]:
    """What matchers see of an alert: its tags, and over them its rule, severity and subject."""
    tags = {str(name): str(value) for name, value in labels.items()}
    return tags | {"rule": rule_name, "severity": Severity(severity).word, "subject": subject}


def exactly(facts: Mapping[str, str], names: Iterable[str]) -> str:
    """The text of matchers that fit alerts which agree on these names."""
    return "\n".join(str(Matcher(name, "=", facts[name])) for name in names if facts.get(name))


def _matcher(line: str) -> Matcher:
    found = _LINE.match(line)
    if found is None:
        raise MatcherRefused(
            f"{line.strip()[:80]!r} is no matcher. Write name=value, name!=value, name=~regex or name!~regex."
        )
    name, operator, value = _unquoted(found["name"]), found["op"], _unquoted(found["value"])
    if name == "severity" and operator in ("=", "!=") and value not in {one.word for one in Severity}:
        raise MatcherRefused(f"There is no severity {value[:40]!r}: low, medium, high or critical.")
    if operator in ("=~", "!~"):
        _check_expression(value)
    return Matcher(name, operator, value)


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r'\\([\\"n])', lambda found: _MEANT[found[1]], text[1:-1])
    return text


def _quoted(text: str) -> str:
    return f'"{"".join(_ESCAPED.get(character, character) for character in text)}"'


def _check_expression(value: str) -> None:
    """Raises MatcherRefused."""
    if len(value) > LONGEST_EXPRESSION:
        raise MatcherRefused(f"Keep a regular expression under {LONGEST_EXPRESSION} characters.")
    try:
        _compiled(value)
    except re2.error as error:
        raise MatcherRefused(f"{value!r} is no regular expression that can be used here: {_said(error)}.") from error


def _said(error: Exception) -> str:
    """RE2 says it in bytes."""
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
