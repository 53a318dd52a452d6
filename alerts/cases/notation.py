"""promtool's notation of series, as in its unit tests of rules: ``cpu_usage_percent{instance="a"} 50x3 90+1x4 _ 20``.

``5x3`` is 5 four times (one and three more), ``5+2x3`` goes up by 2, ``5-2x3`` down, ``_`` is a missing sample and
``_x3`` are three; ``stale`` is a missing one, too. A health check is ``check:NAME`` with words: ``healthyx5 critical``.
Source: prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

CHECK_PREFIX = "check:"  # as ``alerts.facts`` has it, which models cannot import
MOST_VALUES = 20_000
LONGEST_ITEM = 100  # characters; digits without end would take the square of their number to be refused
STATUSES = ("healthy", "warning", "critical", "unknown")
Value = float | str | None
"""A number, a status, or None for a missing sample."""

_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)"
_RUN = re.compile(rf"(?P<first>{_NUMBER})(?:(?P<step>[-+]{_NUMBER.removeprefix('[-+]?')}))?(?:x(?P<more>\d{{1,7}}))?")
_WORD = re.compile(rf"(?P<word>{'|'.join(STATUSES)})(?:x(?P<more>\d{{1,7}}))?")
_GAP = re.compile(r"_(?:x(?P<count>\d{1,7}))?|stale")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_CHECK = re.compile(rf"{CHECK_PREFIX}(?P<name>[^\s{{}}\x00]+)")
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_.:-]*)\s*=\s*"(?P<value>(?:[^"\\\n]|\\.)*)"\s*(?P<end>,|$)')
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_LINE = re.compile(r'(?P<series>[^{\s]+(?:\s*\{(?:"(?:[^"\\]|\\.)*"|[^"}])*\})?)\s+(?P<values>\S.*)')


class NotationRefused(Exception):
    """Says what is wrong and what may stand there."""


@dataclass(frozen=True, slots=True)
class Named:
    """A series by name and tags, or a health check by name."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    is_check: bool = False

    def __str__(self) -> str:
        if self.is_check:
            return CHECK_PREFIX + self.name
        inside = ", ".join(f'{tag}="{_escaped(value)}"' for tag, value in sorted(self.tags.items()))
        return f"{self.name}{{{inside}}}" if inside else self.name


@dataclass(frozen=True, slots=True)
class Line:
    """A series and its values, one for each interval."""

    named: Named
    values: tuple[Value, ...]


def read_lines(text: str) -> list[Line]:
    """One series a line; empty lines are passed over. Raises NotationRefused, with the number of the line."""
    lines: dict[str, Line] = {}
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        try:
            line = read_line(row)
        except NotationRefused as refused:
            raise NotationRefused(f"line {number}: {refused}") from refused
        if str(line.named) in lines:
            raise NotationRefused(f"line {number}: {line.named} is there twice")
        lines[str(line.named)] = line
    if not lines:
        raise NotationRefused("there are no series")
    if sum(len(line.values) for line in lines.values()) > MOST_VALUES:
        raise NotationRefused(f"more than {MOST_VALUES:,} values; take a longer interval or a shorter stretch")
    return [*lines.values()]


def read_line(text: str) -> Line:
    """``cpu_usage_percent{instance="a"} 50x3 90``. Raises NotationRefused."""
    series, values = split_line(text)
    named = read_series(series)
    return Line(named, read_values(values, named.is_check))


def split_line(text: str) -> tuple[str, str]:
    """The series and the values of a line, neither of them read. Raises NotationRefused."""
    match = _LINE.fullmatch(text.strip())
    if match is None:
        raise NotationRefused(f'{text.strip()[:60]!r} is no series with values, such as cpu{{instance="a"}} 50x3 90')
    return match["series"], match["values"]


def read_series(text: str) -> Named:
    """``cpu_usage_percent{instance="a"}`` or ``check:database``. Raises NotationRefused."""
    name, brace, rest = text.strip().partition("{")
    if not brace and (check := _CHECK.fullmatch(name)):
        return Named(check["name"], is_check=True)
    name = name.strip()
    if _NAME.fullmatch(name) is None or (brace and not rest.rstrip().endswith("}")):
        raise NotationRefused(f'{text[:60]!r} is no series, such as cpu_usage_percent{{instance="web-1"}}')
    return Named(name, _tags(rest.rstrip()[:-1]) if brace else {})


def read_values(text: str, is_check: bool = False) -> tuple[Value, ...]:
    """Raises NotationRefused, also for more than ``MOST_VALUES``."""
    values: list[Value] = []
    for item in text.split():
        if len(item) > LONGEST_ITEM:
            raise NotationRefused(f"{item[:40]!r} is too long for a value")
        values += _status_run(item) if is_check else _run(item)
        if len(values) > MOST_VALUES:
            raise NotationRefused(f"more than {MOST_VALUES:,} values; take a longer interval or a shorter stretch")
    if not values:
        raise NotationRefused("there are no values")
    return tuple(values)


def _tags(text: str) -> dict[str, str]:
    tags: dict[str, str] = {}
    at = 0
    while at < len(text) and text[at:].strip():
        match = _LABEL.match(text, at)
        if match is None or match["name"] in tags:
            raise NotationRefused(f'{text[at : at + 40].strip()!r} is no label, such as instance="web-1"')
        tags[match["name"]] = re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[0]), match["value"])
        at = match.end()
    return tags


def _run(item: str) -> list[Value]:
    if gap := _GAP.fullmatch(item):
        return [None] * _bounded(gap["count"] or "1")
    match = _RUN.fullmatch(item)
    if match is None:
        raise NotationRefused(f"{item[:40]!r} is no value; write 50, 50x3, 50+1x3, _ or _x3")
    first, step = float(match["first"]), float(match["step"] or 0)
    if match["step"] and not match["more"]:
        raise NotationRefused(f"{item[:40]!r} does not say how often; write 50+1x3")
    values = [first + step * number for number in range(_bounded(match["more"] or "0") + 1)]
    if not all(map(math.isfinite, values)):
        raise NotationRefused(f"{item[:40]!r} is too large")
    return [*values]


def _status_run(item: str) -> list[Value]:
    if gap := _GAP.fullmatch(item):
        return [None] * _bounded(gap["count"] or "1")
    match = _WORD.fullmatch(item)
    if match is None:
        raise NotationRefused(f"{item[:40]!r} is no status; write {', '.join(STATUSES)}, healthyx3 or _")
    return [match["word"]] * (_bounded(match["more"] or "0") + 1)


def _bounded(count: str) -> int:
    return min(int(count), MOST_VALUES + 1)


def _escaped(value: str) -> str:
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
