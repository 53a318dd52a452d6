"""Sets of samples: 1 000 regular series of 24 hours, from a seed, and a day of real readings with their jitter."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.stores.record import PATH, STEP_MS
from monitoring.kinds import Kind

SEED = 20261123
SAMPLES = 5760  # 24 h, every 15 s
DAY_MS = 24 * 3600 * 1000

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One series. Of counters ``values`` are increases, as ours stores; ``recorded`` is what peers get: their sum."""

    name: str
    kind: Kind
    at_ms: Integers
    values: Floats

    @property
    def recorded(self) -> Floats:
        return np.cumsum(self.values) if self.kind == Kind.COUNTER else self.values


def start_ms() -> int:
    """The day before yesterday, at midnight (UTC): peers refuse what is older than their retention."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - timedelta(days=2)).timestamp() * 1000)


def regular(count: int) -> list[Line]:
    """Four in ten are random walks of two decimal places, three are counters, three are near-constants."""
    rng = np.random.default_rng(SEED)
    at_ms = start_ms() + STEP_MS * np.arange(SAMPLES)
    shapes = [_shape(number % 10, rng) for number in range(count)]
    return [Line(f"s{number:05}", kind, at_ms, values) for number, (kind, values) in enumerate(shapes)]


def _shape(number: int, rng: np.random.Generator) -> tuple[Kind, Floats]:
    if number < 4:
        walk = 50 + np.cumsum(rng.normal(0, 0.1, SAMPLES))
        return Kind.GAUGE, np.round(walk, 2)
    if number < 7:
        return Kind.COUNTER, rng.poisson(rng.integers(1, 40), SAMPLES).astype(float)
    changes = rng.random(SAMPLES) < 0.002
    return Kind.GAUGE, np.cumsum(changes * rng.integers(-2, 3, SAMPLES)) + float(rng.integers(0, 1000))


def real() -> list[Line]:
    """See ``record.py``: names that end in _total are cumulative there."""
    stored = np.load(PATH)
    lines = []
    at_ms = start_ms() + STEP_MS * np.arange(SAMPLES) + stored["late_ms"]
    for name in sorted(set(stored.files) - {"late_ms"}):
        values = stored[name].astype(float)
        if name.endswith("_total"):
            lines.append(Line(name, Kind.COUNTER, at_ms, np.diff(values, prepend=values[0])))
        else:
            lines.append(Line(name, Kind.GAUGE, at_ms, values))
    return lines


def total(lines: list[Line]) -> int:
    return sum(len(line.at_ms) for line in lines)
