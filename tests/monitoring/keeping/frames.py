"""Frames of every shape that chunks have to keep, as hypothesis draws them, and samples of each kind."""

import numpy as np
from hypothesis import strategies as st

from monitoring.keeping.frame import Frame
from monitoring.kinds import Kind
from monitoring.samples import Sample, SeriesKey
from monitoring.sketch import sketch_of
from monitoring.storage import Storage
from monitoring.windows import Row

HOUR_MS = 3_600_000
START_MS = 1_790_000_000_000 - 1_790_000_000_000 % (240 * HOUR_MS)  # of a block of hours, and so of a block

numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**53), 2**53).map(float),
    st.decimals(-1000, 1000, places=2).map(float),
    st.sampled_from([0.0, -0.0, 5e-324, 1.7976931348623157e308]),
)
calls = st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=6)
times = st.integers(0, 6 * HOUR_MS - 1).map(lambda after: START_MS + after)
edited = st.sampled_from([False, False, True])


@st.composite
def plain_rows(draw: st.DrawFn) -> Row:
    return (1, draw(times), draw(numbers), None, None, None, None, None, draw(edited))


@st.composite
def timing_rows(draw: st.DrawFn) -> Row:
    """Of calls; some without a sketch, and some damaged by who knows whom."""
    took = draw(calls)
    sketch = draw(st.sampled_from([sketch_of(took).encode(), sketch_of(took).encode(), None, b"", b"\x01\x05\x80"]))
    return (1, draw(times), max(took), len(took), sum(took), min(took), max(took), sketch, draw(edited))


any_rows = st.lists(st.one_of(plain_rows(), timing_rows()), max_size=60)
regular_rows = st.builds(
    lambda values, step_ms: [(1, START_MS + n * step_ms, v, *[None] * 5, False) for n, v in enumerate(values)],
    st.lists(numbers, min_size=1, max_size=200),
    st.integers(1, 60_000),
)


def same(one: Frame, other: Frame) -> bool:
    """To the bit."""
    columns = ("count", "total", "minimum", "maximum", "edited")
    return (
        np.array_equal(one.at, other.at)
        and one.value.tobytes() == other.value.tobytes()
        and all(one.filled(name).tobytes() == other.filled(name).tobytes() for name in columns)
        and one.filled("sketches").tolist() == other.filled("sketches").tolist()
    )


def key(kind: Kind = Kind.GAUGE, name: str = "beds", **tags: str) -> SeriesKey:
    return SeriesKey(name, tuple(sorted(tags.items())), kind)


def timing(of: SeriesKey, at_ms: int, *took: float) -> Sample:
    values = list(took)
    return Sample(of, at_ms, max(values), len(values), sum(values), min(values), max(values), sketch_of(values))


def write(*samples: Sample) -> None:
    Storage().write(samples)


def gauges(of: SeriesKey, *values: float, from_ms: int = START_MS, step_ms: int = 15_000) -> list[Sample]:
    return [Sample(of, from_ms + number * step_ms, value) for number, value in enumerate(values)]
