"""Window functions: what a condition may ask of the past of a metric, as in PromQL.

The language only says what is asked (``WindowRead``); whoever evaluates conditions answers through a ``WindowReader``.
"""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LONGEST_WINDOW_SECONDS: Final = 366 * 86_400
OFFSET: Final = "offset"

_DURATION: Final = re.compile(r"([1-9][0-9]{0,7})([smhd])", re.ASCII)
_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True)
class WindowRead:
    """One question about the past: ``function`` (its full PromQL name) of ``metric`` over the last ``window_seconds``.

    ``tags`` restrict the series, ``offset_seconds`` moves the whole window back, ``quantile`` (0 to 1) and
    ``horizon_seconds`` are there for the functions that take them.
    """

    function: str
    metric: str
    window_seconds: int
    tags: tuple[tuple[str, str], ...] = ()
    offset_seconds: int = 0
    quantile: float | None = None
    horizon_seconds: int | None = None


class Parameter(enum.Enum):
    """What a window function takes besides the metric and the window."""

    NONE = "f('metric', '5m')"
    QUANTILE = "f(0.95, 'metric', '5m')"
    HORIZON = "f('metric', '6h', '24h')"


@dataclass(frozen=True)
class WindowFunction:
    """``name`` is what the reader is asked for; ``tells_absence`` turns the answer into "is there nothing?"."""

    name: str
    parameter: Parameter = Parameter.NONE
    quantile: float | None = None
    tells_absence: bool = False


_ABSENT: Final = WindowFunction("count_over_time", tells_absence=True)

WINDOW_FUNCTIONS: Final[Mapping[str, WindowFunction]] = {
    "avg_over_time": WindowFunction("avg_over_time"),
    "min_over_time": WindowFunction("min_over_time"),
    "max_over_time": WindowFunction("max_over_time"),
    "sum_over_time": WindowFunction("sum_over_time"),
    "count_over_time": WindowFunction("count_over_time"),
    "stddev_over_time": WindowFunction("stddev_over_time"),
    "last_over_time": WindowFunction("last_over_time"),
    "delta": WindowFunction("delta"),
    "increase": WindowFunction("increase"),
    "rate": WindowFunction("rate"),
    "deriv": WindowFunction("deriv"),
    "predict_linear": WindowFunction("predict_linear", Parameter.HORIZON),
    "quantile_over_time": WindowFunction("quantile_over_time", Parameter.QUANTILE),
    "absent_over_time": _ABSENT,
    "avg": WindowFunction("avg_over_time"),
    "p50": WindowFunction("quantile_over_time", quantile=0.5),
    "p90": WindowFunction("quantile_over_time", quantile=0.9),
    "p95": WindowFunction("quantile_over_time", quantile=0.95),
    "p99": WindowFunction("quantile_over_time", quantile=0.99),
    "absent": _ABSENT,
}


def duration_seconds(text: str) -> int | None:
    """Seconds in ``30s``, ``5m``, ``1h`` or ``1d``; None when it is no such duration or longer than 366 days."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]]
    return seconds if seconds <= LONGEST_WINDOW_SECONDS else None
