"""The facts a condition is judged on: one reading of a metric, or one result of a health check."""

import enum
import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from alerts.conditions.values import LARGEST_NUMBER, LONGEST_TEXT, NOT_FINITE, ConditionBroken, bounded_number
from alerts.conditions.windows import WindowRead

_NO_ENTRIES: Final[dict[str, Any]] = {}


class Subject(enum.Enum):
    """What a condition can be about."""

    METRIC = "metric"
    HEALTH = "health check"


class WindowReader(Protocol):
    """Answers window functions at the time of ``facts``.

    ``None`` when the window holds no samples, for every function; ``absent_over_time`` arrives as ``count_over_time``.
    """

    def read(self, question: WindowRead, facts: "Facts") -> float | None: ...


class Facts(NamedTuple):
    """What is known about one subject; ``None`` where it has no such fact. Made by the functions below.

    A plain tuple on purpose: one is made for every snapshot, and compiled conditions index it instead of reading
    attributes. ``timestamp`` is in seconds since the epoch.
    """

    is_health: bool
    name: str
    value: float
    timestamp: float
    metadata: Mapping[str, Any]
    category: str | None
    tags: Mapping[str, str] | None
    status: str | None
    message: str | None
    duration_ms: float | None
    windows: WindowReader | None


def metric_facts(
    *,
    name: str,
    value: float,
    timestamp: float,
    category: str | None = None,
    tags: dict[str, str] = _NO_ENTRIES,
    metadata: dict[str, Any] = _NO_ENTRIES,
    windows: WindowReader | None = None,
) -> Facts:
    """The facts of one snapshot. A NaN or infinite number breaks only the conditions that use it."""
    if not (value.__class__ is float and -LARGEST_NUMBER <= value <= LARGEST_NUMBER):
        value = _finite(value)
    # tuple.__new__ because the generated Facts.__new__ costs twice as much, for every snapshot.
    return tuple.__new__(Facts, (False, name, value, timestamp, metadata, category, tags, None, None, None, windows))


def health_facts(
    *,
    name: str,
    status: str,
    timestamp: float,
    message: str | None = None,
    duration_ms: float | None = None,
    metadata: dict[str, Any] = _NO_ENTRIES,
    windows: WindowReader | None = None,
) -> Facts:
    """The facts of one health record: ``value`` is 0 when healthy, else 1; a long message is judged by its start."""
    return Facts(
        is_health=True,
        name=name,
        value=0.0 if status == "healthy" else 1.0,
        timestamp=timestamp,
        metadata=metadata,
        category=None,
        tags=None,
        status=status,
        message=None if message is None else message[:LONGEST_TEXT],
        duration_ms=None if duration_ms is None else _finite(duration_ms),
        windows=windows,
    )


def cycle_facts(*, timestamp: float, windows: WindowReader) -> Facts:
    """Facts for a condition that uses no fact of a sample, only window functions (``Condition.facts`` is empty)."""
    return metric_facts(name="", value=0.0, timestamp=timestamp, windows=windows)


def window_value(facts: Facts, question: WindowRead) -> float | None:
    """Ask the reader the facts came with; ConditionBroken when they came without one, or it answers NaN or infinity."""
    if facts.windows is None:
        raise ConditionBroken("window functions need the stored series, and none were given")
    answer = facts.windows.read(question, facts)
    return None if answer is None else bounded_number(answer)


def _finite(number: float) -> float:
    """The number as a float whatever its type (an int, a NumPy scalar), or the stand-in for NaN and infinity."""
    try:
        plain = float(number)
    except OverflowError:
        return NOT_FINITE
    return plain if math.isfinite(plain) else NOT_FINITE
