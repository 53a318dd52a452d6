"""The functions of a span: each makes one figure of the samples of a series."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitoring.keeping.answers import Unanswerable, UnknownFunction
from monitoring.keeping.buckets import quantile
from monitoring.keeping.frame import Frame
from monitoring.kinds import Kind

QUANTILE, RATE, INCREASE, LAST = "quantile", "rate", "increase", "last"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a function may want to know beside the samples; ``share`` is which quantile."""

    kind: Kind
    seconds: float
    share: float


def refuse_unless_answerable(function: str, seconds: float, share: float) -> None:
    """Raises Unanswerable, UnknownFunction."""
    if function not in NAMES:
        raise UnknownFunction(f"there is no function {function}; there are {' '.join(NAMES)}")
    if seconds < 0:
        raise Unanswerable("the span ends before it begins")
    if function == RATE and not seconds:
        raise Unanswerable("there is no rate of no time: let the span end after it begins")
    if not 0 <= share <= 1:
        raise Unanswerable(f"a share is from 0 to 1, such as 0.95, not {share:g}")


def needs_samples(function: str, kind: Kind) -> bool:
    """Whether hours do not know the answer.

    They do not say how values are spread, but for sketches; nor what a gauge was at first; nor the last increase of a
    counter or the slowest of a timing's last calls, since theirs are of the hour.
    """
    if kind == Kind.GAUGE:
        return function in (QUANTILE, RATE, INCREASE)
    return function == LAST or (function == QUANTILE and kind != Kind.TIMING)


def figure(function: str, frame: Frame, asked: Asked) -> float:
    of_samples = _OF_SAMPLES.get(function)
    return _OF_SPAN[function](frame, asked) if of_samples is None else of_samples(frame)


def _increase(frame: Frame, asked: Asked) -> float:
    """Of a counter the sum of its increments, of a timing its calls, of a gauge how much it changed."""
    if asked.kind == Kind.COUNTER:
        return math.fsum(frame.value)
    return float(frame.counts.sum() if asked.kind == Kind.TIMING else frame.value[-1] - frame.value[0])


def _rate(frame: Frame, asked: Asked) -> float:
    return _increase(frame, asked) / asked.seconds


def _quantile(frame: Frame, asked: Asked) -> float:
    return quantile(frame, asked.share) if asked.kind == Kind.TIMING else float(np.quantile(frame.value, asked.share))


_OF_SAMPLES: Final[Mapping[str, Callable[[Frame], float]]] = {
    "avg": lambda frame: math.fsum(frame.totals) / int(frame.counts.sum()),
    "min": lambda frame: float(frame.minima.min()),
    "max": lambda frame: float(frame.maxima.max()),
    "sum": lambda frame: math.fsum(frame.totals),
    "count": lambda frame: float(frame.counts.sum()),
    LAST: lambda frame: float(frame.value[-1]),
}
_OF_SPAN: Final[Mapping[str, Callable[[Frame, Asked], float]]] = {
    RATE: _rate,
    INCREASE: _increase,
    QUANTILE: _quantile,
}
NAMES: Final = (*_OF_SAMPLES, *_OF_SPAN)
