"""Message templates: ``str.format``'s look, facts only; no attribute or index of a real object is ever read."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass

FACTS = ("name", "value", "category", "status", "message", "duration_ms", "rule", "severity", "subject")
MAPPINGS = ("tags", "metadata")
LONGEST_OUTPUT = 4000
_FIELD = re.compile(r"(?P<fact>[a-z_]+)(?:\[(?P<key>[\w.:/-]{1,100})\])?\Z", re.ASCII)
_SPEC = re.compile(r"(?:[^{}]?[<>^])?[+ -]?0?\d{0,2},?(?:\.\d{1,2})?[sdfeg%]?\Z", re.ASCII)


class TemplateRefused(ValueError):
    """The template cannot be used; the message says why and what is allowed."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    fact: str
    key: str | None
    spec: str


def check_template(template: str) -> None:
    """Raises TemplateRefused unless every placeholder names a fact and has a bounded, known format."""
    _parts(template)


def render(template: str, facts: Mapping[str, object]) -> str:
    """The template filled with facts, at most 4 000 characters; a fact that is not there is shown as a dash.

    Raises TemplateRefused when it cannot be filled, such as a number format for a text.
    """
    out: list[str] = []
    for part in _parts(template):
        out.append(part if isinstance(part, str) else _filled(part, facts))
    return "".join(out)[:LONGEST_OUTPUT]


def _parts(template: str) -> list[str | Placeholder]:
    parts: list[str | Placeholder] = []
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as error:
        raise TemplateRefused(f"{error}. Write {{{{ and }}}} for braces that are text.") from error
    for literal, name, spec, conversion in pieces:
        parts.append(literal)
        if name is not None:
            parts.append(_placeholder(name, spec or "", conversion))
    return parts


def _placeholder(name: str, spec: str, conversion: str | None) -> Placeholder:
    found = _FIELD.match(name)
    fact = found["fact"] if found else ""
    key = found["key"] if found else None
    if not (fact in FACTS and key is None) and not (fact in MAPPINGS and key is not None):
        known = ", ".join(FACTS + tuple(f"{mapping}[key]" for mapping in MAPPINGS))
        raise TemplateRefused(f"{{{name}}} is not a fact. Known are: {known}.")
    if conversion is not None:
        raise TemplateRefused(f"{{{name}!{conversion}}}: conversions are not used here; leave out !{conversion}.")
    if not _SPEC.match(spec):
        raise TemplateRefused(f"{{{name}:{spec}}}: write a short format such as .1f, width and precision up to 99.")
    return Placeholder(fact, key, spec)


def _filled(placeholder: Placeholder, facts: Mapping[str, object]) -> str:
    value = facts.get(placeholder.fact)
    if placeholder.key is not None:
        value = value.get(placeholder.key) if isinstance(value, Mapping) else None
    if value is None:
        return "-"
    plain = value if type(value) in (int, float, bool, str) else str(value)
    try:
        return format(plain, placeholder.spec)
    except ValueError as error:
        raise TemplateRefused(f"{{{placeholder.fact}:{placeholder.spec}}} does not fit {plain!r}") from error
