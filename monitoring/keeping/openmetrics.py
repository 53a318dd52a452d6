"""Copies as OpenMetrics text (https://github.com/prometheus/OpenMetrics), exact to the bit, which promtool reads, too.

Each sample is a line of a gauge: ``<name>`` the value of a gauge, ``<name>:increase`` that of a counter in its
interval, ``<name>:slowest`` the slowest call of a timing. The other columns follow series by series, in the label
``ahgd_column``, and sketches as text in ``ahgd_sketch``; "none" is NaN, so each column has a line for each sample. What
kind a family is of, and what it is really called, stands in its help, as JSON.
"""

import base64
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TextIO

import numpy as np

from monitoring.families import label_set, metric_name
from monitoring.keeping.checking import check_cell, check_time, fields_of
from monitoring.keeping.frame import NO_COUNT, Frame
from monitoring.keeping.parcels import Label, NotOurs, Parcel
from monitoring.kinds import Kind
from monitoring.models import Resolution
from monitoring.samples import sorted_tags

_SUFFIX: Final = {Kind.GAUGE: "", Kind.COUNTER: ":increase", Kind.TIMING: ":slowest"}
_FLOATS: Final = ("total", "minimum", "maximum")
_COLUMNS: Final = ("count", *_FLOATS, "edited")
_COLUMN, _SKETCH, _HOURS, _TAGS = "ahgd_column", "ahgd_sketch", "ahgd_hours", "ahgd_tags"
_LINE: Final = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)(?: (?P<at>\S+))?", re.ASCII
)
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)",?', re.ASCII)


def write(out: TextIO, parcels: Iterable[Parcel]) -> int:
    """Parcels come by metric. Gives the number of samples."""
    families: dict[str, str] = {}
    written = 0
    for parcel in parcels:
        label = parcel.label
        if label.metric not in families:
            families[label.metric] = _family(label, families.values())
            out.write(f"# TYPE {families[label.metric]} gauge\n")
            out.write(f"# HELP {families[label.metric]} {_about(label)}\n")
        _write(out, families[label.metric], parcel)
        written += len(parcel.frame)
    out.write("# EOF\n")
    return written


def _family(label: Label, taken: Collection[str]) -> str:
    """A name that OpenMetrics allows, and that no other metric has."""
    name = metric_name(label.metric) + _SUFFIX[label.kind]
    while name in taken:
        name += "_"
    return name


def _about(label: Label) -> str:
    named = {"metric": label.metric, "kind": label.kind.value, "unit": label.unit}
    return _escaped(json.dumps(named | {"category": label.category, "help": label.help}, ensure_ascii=False))


def _write(out: TextIO, family: str, parcel: Parcel) -> None:
    frame = parcel.frame
    labels = _labels(parcel)
    times = [f"{at // 1000}.{at % 1000:03}" for at in frame.at.tolist()]
    _column(out, family, labels, frame.value.tolist(), times)
    for name in _COLUMNS:
        if getattr(frame, name) is not None:
            column = frame.filled(name).astype(np.float64 if name in _FLOATS else np.int64)
            values = ["NaN" if name == "count" and value == NO_COUNT else value for value in column.tolist()]
            _column(out, family, labels | {_COLUMN: name}, values, times)
    for sketch, at in zip(frame.sketches or (), times, strict=False):
        text = "none" if sketch is None else base64.b64encode(sketch).decode()
        out.write(_line(family, labels | {_SKETCH: text}, "1", at))


def _labels(parcel: Parcel) -> dict[str, str]:
    tags = dict(parcel.label.tags)
    labels = label_set(tags)
    if labels != tags or any(name.startswith("ahgd_") for name in tags):
        labels = {name: value for name, value in labels.items() if not name.startswith("ahgd_")}
        labels[_TAGS] = json.dumps(tags, ensure_ascii=False)
    return labels | {_HOURS: "1"} if parcel.resolution == Resolution.HOURLY else labels


def _column(out: TextIO, family: str, labels: dict[str, str], values: Sequence[Any], times: Sequence[str]) -> None:
    head = _head(family, labels)
    out.writelines(f"{head} {_number(value)} {at}\n" for value, at in zip(values, times, strict=True))


def _line(name: str, labels: dict[str, str], value: str, at: str = "") -> str:
    return f"{_head(name, labels)} {value}{' ' if at else ''}{at}\n"


def _head(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{name}{{{inside}}}" if inside else name


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: Any) -> str:
    return "NaN" if value != value else str(value) if isinstance(value, str) else repr(value)


@dataclass(slots=True)
class _Gathered:
    """The lines of one series and resolution."""

    family: str
    labels: dict[str, str]
    at: list[int] = field(default_factory=list)
    columns: dict[str, list[float]] = field(default_factory=dict)
    sketches: list[bytes | None] = field(default_factory=list)


def read(lines: Iterable[str]) -> Iterator[Parcel]:
    """Raises NotOurs. Lines of a series have to stand together, as OpenMetrics demands."""
    known: dict[str, Label] = {}
    gathered: _Gathered | None = None
    for number, line in enumerate(lines, 1):
        try:
            if line.startswith("# HELP "):
                _, _, family, about = line.rstrip("\n").split(" ", 3)
                known[family] = _label(about)
            if line.startswith("#") or not line.strip():
                continue
            name, labels, value, at_ms = _parsed(line)
            column, sketch = labels.pop(_COLUMN, "value"), labels.pop(_SKETCH, None)
            if gathered is None or (gathered.family, gathered.labels) != (name, labels):
                if gathered is not None:
                    yield _parcel(gathered, known)
                gathered = _Gathered(name, labels)
            _gather(gathered, column, sketch, value, at_ms)
        except (ValueError, KeyError) as error:
            raise NotOurs(f"line {number} is not of an export: {error}") from error
    if gathered is not None:
        yield _parcel(gathered, known)


def _gather(into: _Gathered, column: str, sketch: str | None, value: str, at_ms: int) -> None:
    if sketch is not None:
        into.sketches.append(None if sketch == "none" else base64.b64decode(sketch))
        return
    check_cell(column, value)
    if column == "value":
        into.at.append(at_ms)
    into.columns.setdefault(column, []).append(float(value))


def _parsed(line: str) -> tuple[str, dict[str, str], str, int]:
    found = _LINE.fullmatch(line.rstrip("\n"))
    if found is None:
        raise ValueError("no sample")
    labels = {key: _unescaped(text) for key, text in _LABEL.findall(found["labels"] or "")}
    if found["at"] is None:
        raise ValueError("a sample without its time")
    seconds, _, rest = found["at"].partition(".")
    at_ms = int(seconds) * 1000 + int(rest[:3].ljust(3, "0"))
    return found["name"], labels, found["value"], check_time(at_ms)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _label(about: str) -> Label:
    said = fields_of(_unescaped(about))
    return Label(said["metric"], (), Kind(said["kind"]), said["unit"], said["category"], said["help"])


def _parcel(found: _Gathered, known: dict[str, Label]) -> Parcel:
    label = known.get(found.family, Label(found.family, (), Kind.GAUGE))
    labels = dict(found.labels)
    resolution = Resolution.HOURLY if labels.pop(_HOURS, "") else Resolution.RAW
    sizes = {len(found.at), *map(len, found.columns.values()), len(found.sketches) or len(found.at)}
    if len(sizes) != 1:
        raise NotOurs(f"the columns of {found.family} are of different lengths: the file is not whole")
    tags = sorted_tags(fields_of(labels[_TAGS]) if _TAGS in labels else labels)
    return Parcel(
        Label(label.metric, tags, label.kind, label.unit, label.category, label.help),
        resolution,
        _frame(found),
    )


def _frame(found: _Gathered) -> Frame:
    columns: dict[str, Any] = {name: np.array(values, np.float64) for name, values in found.columns.items()}
    if "count" in columns:
        counts = columns["count"]
        columns["count"] = np.where(np.isnan(counts), NO_COUNT, counts).astype(np.int64)
    if "edited" in columns:
        columns["edited"] = columns["edited"].astype(bool)
    return Frame(np.array(found.at, np.int64), **columns, sketches=tuple(found.sketches) or None).in_order()
