"""Plans without values: databases write into a plan what rows are compared with, also when it came as a parameter."""

import json
import re
from collections.abc import Iterator
from typing import Any

_TEXT_OR_NAME = re.compile(r"""(?:\bE)?'(?:[^']|'')*'|(?P<name>"(?:[^"]|"")*")""")
_LABELLED = re.compile(r"^\s*(?:->\s*)?(?P<label>[A-Z][\w -]*): ")
_NUMBER = re.compile(r"""(?<![\w$#."])(?<!Plan )-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b""")
_ABOUT_THE_PLAN = ("Workers Planned", "Estimated Cardinality")


def without_values(text: str, vendor: str) -> str:
    """``text`` with question marks for texts and numbers of the query; costs and counts of rows stay.

    DuckDB does not double the quotes in a text, so on its lines all from the first quote to the last is left out.
    """
    if vendor == "duckdb":
        text = re.sub(r"'.*'", "?", text)
    else:
        text = _TEXT_OR_NAME.sub(lambda found: found["name"] or "?", text)
    return "\n".join(map(_without_numbers, text.split("\n")))


def _without_numbers(line: str) -> str:
    label = _LABELLED.match(line)
    if label is None or label["label"] in _ABOUT_THE_PLAN:
        return line
    return line[: label.end()] + _NUMBER.sub("?", line[label.end() :])


def duckdb_plan(document: str) -> str:
    """DuckDB's plan as an indented list; the boxes that it draws break values over lines."""
    return "\n".join(line for root in json.loads(document) for line in _lines(root, 0))


def _lines(step: dict[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}{step['name'].strip()}"
    for label, said in step["extra_info"].items():
        parts = said if isinstance(said, list) else [said]
        yield f"{indent}  {label}: {', '.join(' '.join(str(part).split()) for part in parts)}"
    for child in step["children"]:
        yield from _lines(child, depth + 1)
