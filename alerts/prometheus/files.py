"""Our rules as a file of alerting rules of Prometheus; each that has no equivalent is told with the reason."""

import re
from collections.abc import Iterable
from typing import Any

import yaml

from alerts.prometheus.expressions import expression_of
from alerts.prometheus.rules import Left
from alerts.prometheus.unmapped import Unmapped
from alerts.rulefiles.document import RuleEntry
from alerts.rulefiles.durations import text_of

_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>\w+)(?:\[(?P<tag>[^\]{}]+)\])?(?::(?P<spec>[^{}]*))?\}")
_FIXED = re.compile(r"\.\d+f")


def write(rules: Iterable[RuleEntry]) -> tuple[str, list[Left]]:
    """The file, and what is not in it."""
    made, left = [], []
    for rule in rules:
        try:
            made.append(_rule(rule))
        except Unmapped as unmapped:
            left.append(Left(rule.name, str(unmapped)))
    groups = [{"name": "ahgd-ops", "rules": made}] if made else []
    return yaml.safe_dump({"groups": groups}, sort_keys=False, allow_unicode=True, width=110), left


def _rule(rule: RuleEntry) -> dict[str, Any]:
    if not rule.enabled:
        raise Unmapped("it is disabled")
    if rule.worse_condition or rule.recovery_condition:
        raise Unmapped("it has a worse or a recovery condition")
    if rule.no_data == "alert":
        raise Unmapped("it alerts when a series falls silent; write a rule with absent() beside it")
    annotations = {
        "summary": _template(rule.message_template),
        "description": rule.description,
        "runbook_url": rule.runbook_url,
    }
    fields = {
        "alert": rule.name,
        "expr": expression_of(rule.condition),
        "for": text_of(rule.for_seconds) if rule.for_seconds else "",
        "keep_firing_for": text_of(rule.keep_firing_for_seconds) if rule.keep_firing_for_seconds else "",
        "labels": {**{tag: value for tag, value in rule.tags.items() if tag.isidentifier()}, "severity": rule.severity},
        "annotations": {name: text for name, text in annotations.items() if text},
    }
    return {name: value for name, value in fields.items() if value}


def _template(message: str) -> str:
    return _FIELD.sub(_field, message)


def _field(found: re.Match[str]) -> str:
    if found["name"] is None:
        return found[0][0]
    if found["name"] == "tags" and found["tag"]:
        return f"{{{{ $labels.{found['tag']} }}}}"
    if found["name"] != "value":
        return f"{{{{ $labels.{found['name']} }}}}" if found["name"] != "name" else "{{ $labels.__name__ }}"
    if found["spec"] and _FIXED.fullmatch(found["spec"]):
        return f'{{{{ $value | printf "%{found["spec"]}" }}}}'
    return "{{ $value | humanizePercentage }}" if (found["spec"] or "").endswith("%") else "{{ $value | humanize }}"
