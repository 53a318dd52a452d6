"""Prometheus' text format, version 0.0.4, as exporters and ``curl`` send it.

Counters are cumulative there, and so are ``_bucket``, ``_sum`` and ``_count`` of histograms and summaries, which are
kept under these names. Times, in milliseconds, may be left out.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from prometheus_client import Metric
from prometheus_client import samples as prometheus
from prometheus_client.parser import text_string_to_metric_families

from monitoring.ingest.reading import MOST_SAMPLES, BodyRefused, Fault, Reading, check_number, check_time, whole
from monitoring.kinds import Kind
from monitoring.samples import LONGEST_NAME, LONGEST_TAG, Sample, SeriesKey, is_metric_name, sorted_tags

_TYPES = frozenset({"counter", "gauge", "histogram", "summary", "untyped", "unknown", "info", "stateset"})
_LONGEST_LINE = 20_000
_NO_SAMPLE = 'is no sample: name{label="text"} value is expected'
_PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


def read(body: bytes, now_ms: int) -> list[Reading]:
    """Raises BodyRefused, naming each line at fault."""
    lines = _lines(body)
    types: dict[str, str] = {}
    readings: list[Reading] = []
    faults: list[Fault] = []
    for number, line in enumerate(lines, 1):
        try:
            if line.startswith("#"):
                _note_type(line, types)
            elif line.strip():
                readings.append(_reading(line, f"line {number}", types, now_ms))
        except ValueError as error:
            faults.append(Fault(f"line {number}", str(error)))
    return whole(readings, faults)


def _lines(body: bytes) -> list[str]:
    try:
        lines = body.decode().split("\n")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise BodyRefused(400, [Fault(f"line {line}", "is not UTF-8")]) from error
    if sum(1 for line in lines if line and line[0] != "#") > MOST_SAMPLES:
        raise BodyRefused(422, [Fault("body", f"has more than {MOST_SAMPLES} samples")])
    return lines


def _note_type(line: str, types: dict[str, str]) -> None:
    words = line[1:].split()
    if len(words) != 3 or words[0] != "TYPE":
        return
    if words[2] not in _TYPES:
        raise ValueError(f"there is no type {words[2][:40]!r}")
    types[words[1]] = words[2]


def _reading(line: str, place: str, types: dict[str, str], now_ms: int) -> Reading:
    found = _parsed(line)
    value = _finite(found.value)
    is_cumulative = _is_cumulative(found.name, types)
    if is_cumulative and value < 0:
        raise ValueError("a counter cannot be below 0")
    if not is_metric_name(found.name):
        raise ValueError(f"the name is longer than {LONGEST_NAME} characters")
    if any(len(text) > LONGEST_TAG for pair in found.labels.items() for text in pair):
        raise ValueError(f"a label is longer than {LONGEST_TAG} characters")
    at_ms = now_ms if found.timestamp is None else check_time(round(float(found.timestamp) * 1000, 3))
    kind = Kind.COUNTER if is_cumulative else Kind.GAUGE
    sample = Sample(SeriesKey(found.name, sorted_tags(found.labels), kind, "pushed"), at_ms, value)
    return Reading(sample, place, is_cumulative, found.timestamp is not None)


def _parsed(line: str) -> prometheus.Sample:
    """By prometheus_client, a line at a time, so that a fault has one."""
    if len(line) > _LONGEST_LINE:
        raise ValueError(f"is longer than {_LONGEST_LINE} characters")
    try:
        families: list[Metric] = list(text_string_to_metric_families(line))
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"{_NO_SAMPLE} ({str(error)[:200]})" if str(error) else _NO_SAMPLE) from error
    samples = [sample for family in families for sample in family.samples]
    if len(samples) != 1:
        raise ValueError(_NO_SAMPLE)
    return samples[0]


def _finite(value: float) -> float:
    try:
        return check_number(value)
    except ValueError as error:
        raise ValueError(f"{value} {error}") from error


def _is_cumulative(name: str, types: dict[str, str]) -> bool:
    """By its type, or where none is told by its name."""
    if name in types:
        return types[name] == "counter"
    for kind, endings in _PARTS.items():
        if any(types.get(name.removesuffix(ending)) == kind for ending in endings if name.endswith(ending)):
            return True
    return name.endswith("_total")
