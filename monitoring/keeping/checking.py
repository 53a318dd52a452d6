"""What a copy says, checked before any of it is stored: files are written by anybody, and edited by hand."""

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from monitoring.keeping.frame import NO_COUNT, Frame
from monitoring.keeping.parcels import Label, NotOurs, Parcel
from monitoring.models import Metric, Resolution
from monitoring.samples import is_metric_name

MOST_COUNT: Final = 2**40
"""Calls that one sample sums up; those of a block still add up to what a database can hold."""
_EARLIEST, _LATEST = "1900-01-01", "9000-01-01"
_SPAN_MS: Final = tuple(int(np.datetime64(day, "ms").astype(np.int64)) for day in (_EARLIEST, _LATEST))
_COLUMNS: Final = ("value", "count", "total", "minimum", "maximum", "edited")
_TEXTS: Final = ("unit", "category", "help")
_LONGEST_HELP: Final = 1_000_000
_FLOATS: Final = ("total", "minimum", "maximum")


def check(parcel: Parcel) -> None:
    """Raises NotOurs."""
    _check_label(parcel.label)
    why = _why_not(parcel.frame, parcel.resolution)
    if why:
        raise NotOurs(f"{parcel.label.metric} has {why}")


def fields_of(text: str) -> dict[str, Any]:
    """A JSON object. Raises NotOurs."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise NotOurs(f"{str(text)[:40]!r} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise NotOurs(f"{text[:40]!r} is no JSON object")
    return found


def check_time(at_ms: int) -> int:
    """Before it becomes part of a column, which holds 64 bits. Raises ValueError."""
    if not _SPAN_MS[0] <= at_ms <= _SPAN_MS[1]:
        raise ValueError(f"{at_ms:.4g} ms is no time from {_EARLIEST} to {_LATEST}")
    return at_ms


def check_cell(column: str, text: str) -> None:
    """One value of a column as text, before it becomes an integer there. Raises ValueError."""
    if column not in _COLUMNS:
        raise ValueError(f"no column is called {column[:40]}")
    if column == "count" and abs(float(text)) > MOST_COUNT:
        raise ValueError(f"no sample counts {text[:40]}")


def _check_label(label: Label) -> None:
    if not is_metric_name(label.metric):
        raise NotOurs(f"{str(label.metric)[:40]!r} is no name of a metric: 1 to 200 characters")
    for field in Metric._meta.fields:
        if field.name in _TEXTS:
            text, longest = getattr(label, field.name), field.max_length or _LONGEST_HELP
            if not isinstance(text, str) or "\0" in text or len(text) > longest:
                raise NotOurs(f"the {field.name} of {label.metric} is no text of at most {longest:,} characters")


def _why_not(frame: Frame, resolution: Resolution) -> str:
    if not np.isfinite(frame.value).all():
        return "a value that is no finite number"
    if not _are_within(frame.at, _SPAN_MS):
        return f"a sample that is not of {_EARLIEST} to {_LATEST}"
    counts = frame.filled("count")
    if not _are_within(counts[counts != NO_COUNT], (0, MOST_COUNT)):
        return f"a count that is not of 0 to {MOST_COUNT:,}"
    sums = [getattr(frame, name) for name in _FLOATS]  # those of hours may have overflowed
    if resolution == Resolution.RAW and any(one is not None and np.isinf(one).any() for one in sums):
        return "a sum or an extreme that is infinite"
    return ""


def _are_within(column: Any, span: Sequence[int]) -> bool:
    return bool(((column >= span[0]) & (column <= span[1])).all())
