"""Reads files of rules; what is wrong is told with its line, all of it at once.

Narrower than YAML: no anchors (a few lines of them stand for gigabytes) and no key twice (of which YAML keeps one).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from alerts.rulefiles.document import RuleFile

MOST_CHARACTERS = 5_000_000
MOST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """``line`` counts from 1; None where the whole file is meant."""

    line: int | None
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class FileRefused(Exception):
    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Read:
    """A file and where in it each rule begins, by the rule's name."""

    file: RuleFile
    lines: dict[str, int]


def read(text: str) -> Read:
    """Raises FileRefused."""
    node, data = load(text)
    try:
        file = RuleFile.model_validate(data)
    except ValidationError as error:
        raise FileRefused(
            [
                Fault(_line_of(node, one["loc"]), _path(one["loc"]), _message(one))
                for one in error.errors(include_url=False)[:MOST_FAULTS]
            ]
        ) from error
    return Read(file, {rule.name: _line_of(node, ("rules", at)) or 1 for at, rule in enumerate(file.rules)})


def load(text: str) -> tuple[yaml.Node | None, Any]:
    """YAML as plain data, with the nodes that know their lines. Raises FileRefused."""
    if len(text) > MOST_CHARACTERS:
        raise FileRefused([Fault(None, "", f"the file is longer than {MOST_CHARACTERS:,} characters; split it")])
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise FileRefused([Fault(line, "", error.problem or "this is no YAML")]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise FileRefused([Fault(None, "", f"this is no YAML: {str(error)[:200]}")]) from error


def _message(error: ErrorDetails) -> str:
    known = {
        "extra_forbidden": "there is no such field; the schema has all that there are",
        "missing": "this field is missing",
    }
    return known.get(error["type"], error["msg"].removeprefix("Value error, "))


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        node = None if self.check_event(yaml.AliasEvent) else super().compose_node(parent, index)
        if node is None or self.anchors:
            raise yaml.composer.ComposerError(None, None, "anchors and aliases are not read here", self.get_mark())
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a list or a map is no name", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _line_of(node: yaml.Node | None, path: Sequence[int | str]) -> int | None:
    """Of the deepest part of the path that is there."""
    for step in path:
        below = _step(node, step)
        if below is None:
            break
        node = below
    return None if node is None else node.start_mark.line + 1


def _step(node: yaml.Node | None, step: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _path(path: Sequence[int | str]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
