"""Samples as the body that ``json_body.py`` reads: what a recorder sends."""

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from monitoring.samples import Sample

_INTERVAL = ("count", "total", "minimum", "maximum")


def encode(samples: Iterable[Sample]) -> bytes:
    """A body of these samples; ``json_body.read`` gives them back exactly."""
    return json.dumps({"samples": [_object(sample) for sample in samples]}, separators=(",", ":")).encode()


def _object(sample: Sample) -> dict[str, Any]:
    found: dict[str, Any] = {"name": sample.key.name, "kind": str(sample.key.kind), "value": sample.value}
    found |= {"at": sample.at_ms, "tags": dict(sample.key.tags), "category": sample.key.category}
    interval = {name: getattr(sample, name) for name in _INTERVAL}
    found |= {name: value for name, value in interval.items() if value is not None}
    if sample.sketch is not None:
        found["sketch"] = b64encode(sample.sketch.encode()).decode()
    return found
