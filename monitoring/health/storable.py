"""Findings as every database, feed and page can hold them: checks quote file names and what strangers answer."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from monitoring.health.status import Finding

MOST_CHARACTERS = 1000
_MOST_ITEMS = 200
_MOST_DEPTH = 5
_LARGEST = 2**63
# Controls but tabs and line ends, halves of characters, and what XML does not allow: PostgreSQL refuses some of them.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def storable(finding: Finding) -> Finding:
    """The same finding in at most 1000 characters, none of them unfit, and with metadata that JSON can hold."""
    return replace(finding, message=_text(finding.message), metadata=_json(finding.metadata))


def _text(text: str) -> str:
    cut = text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", cut)


def _json(value: Any, depth: int = 0) -> Any:
    """No number, one without end, and one beyond 64 bits are None: databases differ in what they take."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if -_LARGEST < value < _LARGEST else None
    if isinstance(value, Mapping) and depth < _MOST_DEPTH:
        return {_text(str(key)): _json(part, depth + 1) for key, part in list(value.items())[:_MOST_ITEMS]}
    if isinstance(value, list | tuple) and depth < _MOST_DEPTH:
        return [_json(part, depth + 1) for part in value[:_MOST_ITEMS]]
    return _text(str(value))
