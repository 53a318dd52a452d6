"""Files of alerting rules of Prometheus as entries of ours; each rule that does not map is told with the reason."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, count
from typing import Any

import promql_parser as promql
from django.core.exceptions import ValidationError
from pydantic import ValidationError as EntryRefused

from alerts.prometheus.conditions import condition_of
from alerts.prometheus.messages import message_of
from alerts.prometheus.unmapped import Unmapped
from alerts.rulefiles.document import RuleEntry
from alerts.rulefiles.durations import text_of
from alerts.rulefiles.reading import Fault, FileRefused, load
from alerts.rulefiles.rows import unstored

_SEVERITIES = {
    **dict.fromkeys(("critical", "page", "emergency", "fatal"), "critical"),
    **dict.fromkeys(("high", "error", "major"), "high"),
    **dict.fromkeys(("medium", "warning", "warn", "minor"), "medium"),
    **dict.fromkeys(("low", "info", "notice", "none"), "low"),
}


@dataclass(frozen=True, slots=True)
class Left:
    """A rule that was not converted."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} does not map: {self.reason}"


@dataclass(slots=True)
class Converted:
    entries: list[RuleEntry] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.entries)} of {len(self.entries) + len(self.left)} rules map."


def convert(text: str) -> Converted:
    """Raises FileRefused when it is no file of Prometheus' rules."""
    converted, names = Converted(), set[str]()
    for rule in _rules(load(text)[1]):
        name = str(rule.get("alert") or rule.get("record") or "a rule without a name")
        try:
            entry = _entry(rule, _free(name, names))
        except Unmapped as unmapped:
            converted.left.append(Left(name, str(unmapped)))
        else:
            names.add(entry.name)
            converted.entries.append(entry)
    return converted


def _rules(data: Any) -> Iterator[Mapping[str, Any]]:
    groups = data.get("groups") if isinstance(data, dict) else None
    if not isinstance(groups, list):
        raise FileRefused([Fault(1, "groups", "a file of Prometheus' rules begins with `groups:` and lists them")])
    for group in groups:
        for rule in (group.get("rules") if isinstance(group, dict) else None) or ():
            if isinstance(rule, dict):
                yield rule


def _entry(rule: Mapping[str, Any], name: str) -> RuleEntry:
    if "alert" not in rule:
        raise Unmapped("it records a series; conditions ask for what it computes themselves")
    labels, annotations = _texts(rule.get("labels")), _texts(rule.get("annotations"))
    word = labels.pop("severity", "")
    fields = {
        "name": name,
        "condition": condition_of(str(rule.get("expr", ""))),
        "severity": _SEVERITIES.get(word.lower(), "medium"),
        "description": annotations.get("description", ""),
        "message": message_of(annotations.get("summary") or annotations.get("message") or ""),
        "runbook": annotations.get("runbook_url", ""),
        "no_data": "ok",  # there a series that is gone takes its alert with it
        "tags": {label: value for label, value in labels.items() if "{{" not in value},
        **{field: _span(rule[field]) for field in ("for", "keep_firing_for") if rule.get(field)},
    }
    return _checked({field: value for field, value in fields.items() if value not in ("", {})})


def _checked(fields: dict[str, Any]) -> RuleEntry:
    try:
        entry = RuleEntry.model_validate(fields)
        unstored(entry).full_clean(
            exclude=("owner_channel", "escalation_policy"), validate_unique=False, validate_constraints=False
        )
    except EntryRefused as refused:
        raise Unmapped("; ".join(one["msg"] for one in refused.errors(include_url=False))) from refused
    except ValidationError as refused:
        raise Unmapped("; ".join(refused.messages)) from refused
    return entry


def _free(name: str, taken: Collection[str]) -> str:
    """A name of ours that no other rule of the file has."""
    base = re.sub(r"[^-a-zA-Z0-9_]+", "_", name)[:90] or "rule"
    names = chain((base,), (f"{base}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def _span(value: object) -> str:
    if re.fullmatch(r"0+([smhdwy]|ms)?", str(value)):
        return "0s"
    try:
        span = promql.parse_duration(str(value))
    except ValueError as error:
        raise Unmapped(f"{value!r} is no span of time") from error
    if span % timedelta(seconds=1):
        raise Unmapped(f"{value} is no whole number of seconds")
    return text_of(int(span.total_seconds()))


def _texts(found: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
