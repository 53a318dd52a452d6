"""Writes files of rules: what differs from the defaults, in the order of the schema, longer texts as blocks."""

from collections.abc import Iterable
from typing import Any

import yaml

from alerts.rulefiles.document import RuleEntry, RuleFile

_WIDTH = 110


def write(rules: Iterable[RuleEntry]) -> str:
    """Reading it gives exactly these rules."""
    file = RuleFile(rules=list(rules))
    return _dump({"version": file.version, "rules": [_plain(rule) for rule in file.rules]})


def write_entry(rule: RuleEntry) -> str:
    """One rule by itself, for showing what changes."""
    return _dump(_plain(rule))


def _plain(rule: RuleEntry) -> dict[str, Any]:
    """The order of tags says nothing, and PostgreSQL does not keep it."""
    ordered = rule.model_copy(update={"tags": dict(sorted(rule.tags.items()))})
    return ordered.model_dump(by_alias=True, exclude_defaults=True)


def _dump(data: object) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """A block for several plain lines, quotes for what blocks and plain scalars cannot hold exactly."""
    lines = text.split("\n")
    if not all(line.isprintable() for line in lines):
        return '"'
    if len(lines) == 1:
        return None
    is_plain = not text[0].isspace() and all(line == line.rstrip() for line in lines)
    return "|" if is_plain else '"'


_Dumper.add_representer(str, _text)
