"""Label matchers of PromQL as a condition on the name and the tags of a subject."""

import re
from collections.abc import Iterator, Mapping

from promql_parser import Matcher, VectorSelector

from alerts.prometheus.unmapped import Unmapped

_LITERAL = r"(?:[^\\.^$|?*+()\[\]{}]|\\[-.^$|?*+()\[\]{}/\\])+"
_ALTERNATIVES = re.compile(rf"\(?(?:\?:)?({_LITERAL}(?:\|{_LITERAL})*)\)?")
_BEGINNING = re.compile(rf"({_LITERAL})\.\*")
_ENDING = re.compile(rf"\.[*+]?({_LITERAL})")
_CUMULATIVE = ("_total", "_count", "_sum", "_bucket")


def name_of(selector: VectorSelector) -> str:
    """Raises Unmapped for a selector of many metrics, or with ``@``."""
    if selector.at is not None:
        raise Unmapped("`@` looks at a fixed time")
    if selector.name is None:
        raise Unmapped("selects no metric by its name")
    if selector.matchers.or_matchers:
        raise Unmapped("joins matchers by `or`")
    return selector.name


def is_cumulative(metric: str) -> bool:
    """Whether the value is a running total, by Prometheus' conventions of naming; here a value is its increase."""
    return metric.endswith(_CUMULATIVE)


def subject(selector: VectorSelector) -> str:
    """A condition that is true on the series the selector selects."""
    parts = [f"name == {name_of(selector)!r}"]
    return " and ".join([*parts, *(_condition(matcher) for matcher in _matchers(selector) if _restricts(matcher))])


def arguments(selector: VectorSelector) -> Mapping[str, str]:
    """The same as tags of a window function, which may only be equal. Raises Unmapped."""
    tags: dict[str, str] = {}
    for matcher in _matchers(selector):
        if _kind(matcher) != "Equal" or not matcher.value or matcher.name == "offset":
            raise Unmapped(f"a window over another series takes equal labels only, not `{matcher.name}` like this")
        tags[matcher.name] = matcher.value
    return tags


def _matchers(selector: VectorSelector) -> Iterator[Matcher]:
    yield from selector.matchers.matchers


def _kind(matcher: Matcher) -> str:
    return str(matcher.op).removeprefix("MatchOp.")


def _restricts(matcher: Matcher) -> bool:
    return not (_kind(matcher) == "Re" and matcher.value == ".*")


def _condition(matcher: Matcher) -> str:
    kind, value = _kind(matcher), matcher.value
    tag = f"tags[{matcher.name!r}]" if kind in ("Equal", "Re") and value else f"tags.get({matcher.name!r}, '')"
    if kind in ("Equal", "NotEqual"):
        return f"{tag} {'==' if kind == 'Equal' else '!='} {value!r}"
    matching = _matching(tag, value)
    return matching if kind == "Re" else _negated(matching)


def _matching(tag: str, pattern: str) -> str:
    """The regular expressions that people write: alternatives, beginnings, endings, and anything at all."""
    if pattern == ".+":
        return f"{tag} != ''"
    if found := _ALTERNATIVES.fullmatch(pattern):
        values = [_plain(one) for one in re.split(r"(?<!\\)\|", found[1])]
        return f"{tag} == {values[0]!r}" if len(values) == 1 else f"{tag} in {values!r}"
    if found := _BEGINNING.fullmatch(pattern):
        return f"{tag}.startswith({_plain(found[1])!r})"
    if (found := _ENDING.fullmatch(pattern)) and pattern.startswith(".*"):
        return f"{tag}.endswith({_plain(found[1])!r})"
    raise Unmapped(f"the regular expression {pattern!r} is more than alternatives, a beginning or an end")


def _negated(condition: str) -> str:
    for plain, negative in ((" in ", " not in "), (" == ", " != "), (" != ", " == ")):
        if plain in condition:
            return condition.replace(plain, negative, 1)
    return f"not {condition}"


def _plain(pattern: str) -> str:
    return re.sub(r"\\(.)", r"\1", pattern)
