"""``{"samples": [...]}``: one object a sample, with what a recorder gathered over an interval where there is that.

| field | |
|---|---|
| ``name`` | of the metric; has to be there, as has ``value`` |
| ``value`` | gauge: the value; counter: the increase; timing: seconds, of several the slowest |
| ``kind`` | ``gauge``, ``counter`` or ``timing``; by default as the catalogue has it, else ``gauge`` |
| ``tags``, ``category`` | texts by name; a text |
| ``at`` | milliseconds since the epoch, or ISO 8601 with an offset; by default when it arrived |
| ``count``, ``total``, ``minimum``, ``maximum`` | of the interval |
| ``sketch`` | of a timing: base64 of ``monitoring/sketch.py`` |
"""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitoring.catalogue import find
from monitoring.ingest.reading import MOST_SAMPLES, BodyRefused, Fault, Reading, check_number, check_time, whole
from monitoring.kinds import Kind
from monitoring.samples import LONGEST_NAME, LONGEST_TAG, Sample, SeriesKey, is_metric_name, is_storable, sorted_tags
from monitoring.sketch import SCALE, Sketch, SketchDamaged, sketch_of

_INTERVAL = ("total", "minimum", "maximum")
_FIELDS = frozenset({"name", "value", "kind", "tags", "category", "at", "count", "sketch", *_INTERVAL})
_MOST_TAGS = 30
_LONGEST_CATEGORY = 64
_MOST_CALLS = 10**12  # of a sample: sums of many of them are still counted exactly
_FARTHEST = 1100  # doublings from 1 to the largest float, or the smallest


class _Wrong(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def read(body: bytes, now_ms: int) -> list[Reading]:
    """Raises BodyRefused, naming each line or sample at fault."""
    found = _samples(_loaded(body))
    if len(found) > MOST_SAMPLES:
        raise BodyRefused(422, [Fault("samples", f"at most {MOST_SAMPLES} in one body, not {len(found)}")])
    readings, faults = [], []
    for index, one in enumerate(found):
        place = f"samples[{index}]"
        try:
            readings.append(_reading(one, place, now_ms))
        except _Wrong as wrong:
            faults.append(Fault(f"{place}.{wrong.field}" if wrong.field else place, str(wrong)))
    return whole(readings, faults)


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=float)  # NaN, refused where it stands
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise BodyRefused(400, [Fault(f"line {line}", "is not UTF-8")]) from error
    except json.JSONDecodeError as error:
        raise BodyRefused(400, [Fault(f"line {error.lineno}", f"is no JSON: {error.msg}")]) from error
    except (ValueError, RecursionError) as error:  # thousands of digits, or of brackets
        raise BodyRefused(400, [Fault("body", "is nested too deeply or has a number that is too long")]) from error


def _samples(document: Any) -> list[Any]:
    found = document.get("samples") if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise BodyRefused(422, [Fault("samples", "has to be a list of objects")])
    return found


def _reading(one: Any, place: str, now_ms: int) -> Reading:
    if not isinstance(one, dict):
        raise _Wrong("", "has to be an object")
    unknown = sorted(set(one) - _FIELDS)
    if unknown:
        raise _Wrong("", f"there is no field {unknown[0]!r}; known are {', '.join(sorted(_FIELDS))}")
    has_time = one.get("at") is not None
    at_ms = _time(one["at"]) if has_time else now_ms
    key = SeriesKey(_name(one), _tags(one), _kind(one), _category(one))
    return Reading(_sample(key, at_ms, one), place, has_time=has_time)


def _sample(key: SeriesKey, at_ms: int, one: Mapping[str, Any]) -> Sample:
    value = _number(one, "value")
    if key.kind != Kind.GAUGE and value < 0:
        raise _Wrong("value", f"of a {key.kind} cannot be below 0")
    if key.kind == Kind.TIMING:
        return _timing(key, at_ms, value, one)
    interval = {name: _number(one, name) for name in _INTERVAL if one.get(name) is not None}
    if one.get("sketch") is not None:
        raise _Wrong("sketch", f"is for a timing, not for a {key.kind}")
    return Sample(key, at_ms, value, _count(one), **interval, sketch=None)


def _timing(key: SeriesKey, at_ms: int, value: float, one: Mapping[str, Any]) -> Sample:
    """Whole, as readers expect it: one duration stands for itself, several need their total."""
    count = _count(one) or 1
    if count > 1 and one.get("total") is None:
        raise _Wrong("total", "has to be there where count is above 1")
    total, least, most = (_number(one, name) if one.get(name) is not None else value for name in _INTERVAL)
    sketch = _sketch(one["sketch"], count) if one.get("sketch") is not None else None
    if sketch is None and count == 1:
        sketch = sketch_of([value])
    return Sample(key, at_ms, value, count, total, least, most, sketch)


def _name(one: Mapping[str, Any]) -> str:
    name = one.get("name")
    if not is_metric_name(name):
        raise _Wrong("name", f"has to be a text of 1 to {LONGEST_NAME} characters")
    return str(name)


def _kind(one: Mapping[str, Any]) -> Kind:
    declared = find(str(one.get("name")))
    kind = one.get("kind") or (declared.kind if declared is not None else Kind.GAUGE)
    if kind not in Kind.values:
        raise _Wrong("kind", f"has to be one of {', '.join(Kind.values)}")
    return Kind(kind)


def _tags(one: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    tags = one.get("tags")
    if tags is None:
        return ()
    if not isinstance(tags, dict) or not all(isinstance(value, str | int | float) for value in tags.values()):
        raise _Wrong("tags", "has to be an object of texts")
    if len(tags) > _MOST_TAGS or any(len(str(text)) > LONGEST_TAG for pair in tags.items() for text in pair):
        raise _Wrong("tags", f"has to be at most {_MOST_TAGS} texts of at most {LONGEST_TAG} characters")
    return sorted_tags(tags)


def _category(one: Mapping[str, Any]) -> str:
    category = one.get("category", "")
    if not isinstance(category, str) or len(category) > _LONGEST_CATEGORY or not is_storable(category):
        raise _Wrong("category", f"has to be a text of at most {_LONGEST_CATEGORY} characters")
    return category


def _number(one: Mapping[str, Any], name: str) -> float:
    value = one.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(name, "has to be a number")
    try:
        return check_number(value)
    except ValueError as error:
        raise _Wrong(name, str(error)) from error


def _count(one: Mapping[str, Any]) -> int | None:
    count = one.get("count")
    if count is not None and (type(count) is not int or not 0 < count <= _MOST_CALLS):
        raise _Wrong("count", f"has to be a whole number from 1 to {_MOST_CALLS}")
    return count


def _time(at: Any) -> int:
    try:
        if isinstance(at, str):
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                raise ValueError(f"{at[:40]} has no offset, such as Z or +10:00")
            return check_time(int(moment.timestamp() * 1000))
        if isinstance(at, int | float) and not isinstance(at, bool):
            return check_time(at)
    except (ValueError, OverflowError) as error:
        raise _Wrong("at", str(error)) from error
    raise _Wrong("at", "has to be milliseconds since the epoch, or ISO 8601")


def _sketch(text: Any, count: int) -> Sketch:
    """One that can be merged with ours and speaks of as many values."""
    try:
        sketch = Sketch.decode(b64decode(text, validate=True))
    except (TypeError, ValueError, binascii.Error, SketchDamaged) as error:
        raise _Wrong("sketch", "is no sketch of version 1 in base64") from error
    if sketch.scale > SCALE or any(abs(index) > _FARTHEST << SCALE for index in sketch.counts):
        raise _Wrong("sketch", f"has a scale above {SCALE}, or values that no number has")
    if sketch.count != count:
        raise _Wrong("sketch", f"counts {sketch.count} values, where count says {count}")
    return sketch
