"""Matchers say which alerts a silence or a maintenance window is about, as Alertmanager's do.

``name op value`` with the operators ``=  !=  =~  !~``; a value may stand in double quotes. Names are ``rule``,
``severity``, ``subject`` and those of an alert's tags. All matchers of a silence have to match. A regular expression
has to match the whole value; a tag that an alert does not have counts as empty. Pure.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from alerts.models.severity import Severity

LONGEST_EXPRESSION = 200
LONGEST_VALUE = 300
"""Of a tag; expressions look at no more of it."""
MOST_REPEATS = 3
MOST_MATCHERS = 20
_LINE = re.compile(r'\s*(?P<name>[A-Za-z_][\w.:-]{0,99})\s*(?P<op>!=|=~|!~|=)\s*(?P<value>"(?:[^"\\]|\\.)*"|.*?)\s*\Z')
_CHARACTERS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
_REPEATED_GROUP = re.compile(r"\)[*+{]|\(\?")
_REPEAT = re.compile(r"[*+{]")
_BACK_REFERENCE = re.compile(r"\\[1-9]")


class MatcherRefused(ValueError):
    """The text is no list of matchers; the message says where and what to write instead."""


def _equal(value: str, found: str) -> bool:
    return found == value


def _alike(value: str, found: str) -> bool:
    return re.fullmatch(value, found[:LONGEST_VALUE]) is not None


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
        if re.fullmatch(r"[\w.:/*+?|()\[\]^$-]+", self.value):
            return f"{self.name}{self.operator}{self.value}"
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.name}{self.operator}"{escaped}"'


def parse(text: str) -> tuple[Matcher, ...]:
    """One matcher a line. Raises MatcherRefused."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise MatcherRefused("Write at least one matcher, such as rule=high_cpu_usage; every alert is rule=~.*")
    if len(lines) > MOST_MATCHERS:
        raise MatcherRefused(f"Write at most {MOST_MATCHERS} matchers.")
    return tuple(_matcher(line) for line in lines)


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
    name, operator, value = found["name"], found["op"], _unquoted(found["value"])
    if name == "severity" and operator in ("=", "!=") and value not in {one.word for one in Severity}:
        raise MatcherRefused(f"There is no severity {value[:40]!r}: low, medium, high or critical.")
    if operator in ("=~", "!~"):
        _check_expression(value)
    return Matcher(name, operator, value)


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _check_expression(value: str) -> None:
    """Raises MatcherRefused also for an expression whose matching could take for ever: what backtracks is bounded."""
    if len(value) > LONGEST_EXPRESSION:
        raise MatcherRefused(f"Keep a regular expression under {LONGEST_EXPRESSION} characters.")
    try:
        re.compile(value)
    except re.error as error:
        raise MatcherRefused(f"{value!r} is no regular expression: {error}.") from error
    bare = _CHARACTERS.sub("x", value)
    if _REPEATED_GROUP.search(bare) or len(_REPEAT.findall(bare)) > MOST_REPEATS or _BACK_REFERENCE.search(value):
        raise MatcherRefused(
            f"{value!r} could take for ever: repeat no group, refer back to none, use at most {MOST_REPEATS} of * + {{."
        )
