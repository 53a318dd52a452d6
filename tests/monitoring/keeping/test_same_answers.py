"""Every question has one answer: on both engines, and whether samples are rows, chunks or hours.

Both engines are asked the same examples, since those are not drawn at random, and both have to give what plain
arithmetic does.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring import series
from monitoring.clock import from_ms, to_ms
from monitoring.keeping.functions import NAMES
from monitoring.kinds import Kind
from monitoring.models import Series
from monitoring.samples import Sample, SeriesKey
from tests.monitoring.keeping.frames import HOUR_MS, START_MS, key, timing, write
from tests.monitoring.keeping.settling import WAYS, settle

pytestmark = pytest.mark.django_db
DAYS = 3
KEYS = {kind: key(kind, name) for kind, name in zip(Kind, ("beds", "hits_total", "t_seconds"), strict=True)}
UNKNOWN_TO_HOURS = {Kind.GAUGE: ("increase", "rate"), Kind.COUNTER: ("last",), Kind.TIMING: ("last",)}
"""What a gauge was at first; the newest increase and the slowest of the newest calls, since hours have their own."""
SHARES = (0.0, 0.5, 0.95, 1.0)

Calls = Sequence[float]  # of a gauge or a counter, one

offsets = st.integers(0, DAYS * 24 * HOUR_MS - 1)
calls = st.lists(st.floats(0.001, 1000).map(lambda took: round(took, 3)), min_size=1, max_size=3)
drawn = st.lists(st.tuples(offsets, calls), min_size=1, max_size=24, unique_by=lambda one: one[0]).map(sorted)
steps = st.one_of(
    st.sampled_from([timedelta(minutes=7), timedelta(hours=1), timedelta(hours=5), timedelta(days=1)]),
    st.integers(60_000, 40 * HOUR_MS).map(lambda ms: timedelta(milliseconds=ms)),
)


class RolledBack(Exception):
    """Ends an example of hypothesis; its rows go."""


@contextmanager
def kept(of: SeriesKey, samples: Sequence[tuple[int, Calls]], kept_as: str) -> Iterator[None]:
    with pytest.raises(RolledBack), transaction.atomic():
        write(*(_sample(of, START_MS + at, values) for at, values in samples))
        settle(kept_as)
        yield
        raise RolledBack


def _sample(of: SeriesKey, at_ms: int, values: Calls) -> Sample:
    return timing(of, at_ms, *values) if of.kind == Kind.TIMING else Sample(of, at_ms, values[0])


def _values(kind: Kind, samples: Sequence[tuple[int, Calls]]) -> list[float]:
    return [value for _, values in samples for value in (values if kind == Kind.TIMING else values[:1])]


def _change(kind: Kind, samples: Sequence[tuple[int, Calls]]) -> float:
    values = _values(kind, samples)
    return {Kind.GAUGE: values[-1] - values[0], Kind.COUNTER: math.fsum(values), Kind.TIMING: len(values)}[kind]


def expected(kind: Kind, samples: Sequence[tuple[int, Calls]], seconds: float) -> dict[str, float]:
    """Every function but quantile."""
    values, newest = _values(kind, samples), samples[-1][1]
    return {
        "avg": math.fsum(values) / len(values),
        "min": min(values),
        "max": max(values),
        "sum": math.fsum(values),
        "count": len(values),
        "last": max(newest) if kind == Kind.TIMING else newest[0],
        "increase": _change(kind, samples),
        "rate": _change(kind, samples) / seconds,
    }


def _within(samples: Sequence[tuple[int, Calls]], start: int, end: int) -> list[tuple[int, Calls]]:
    return [one for one in samples if start <= one[0] <= end]


def _aligned(offset: int, kept_as: str) -> int:
    """Hours alone say nothing of parts of them."""
    return offset - offset % HOUR_MS if kept_as == "hours" else offset


@pytest.mark.parametrize("kept_as", WAYS)
@pytest.mark.parametrize("kind", Kind)
@given(samples=drawn, span=st.tuples(offsets, offsets))
@settings(deadline=None, max_examples=15, derandomize=True)
def test_a_function_of_a_span(
    kind: Kind, kept_as: str, samples: list[tuple[int, Calls]], span: tuple[int, int]
) -> None:
    start, end = _aligned(min(span), kept_as), _aligned(max(span), kept_as) + HOUR_MS - 1
    inside = _within(samples, start, end)
    with kept(KEYS[kind], samples, kept_as):
        first, last = from_ms(START_MS + start), from_ms(START_MS + end)
        of = KEYS[kind].name
        found = {name: series.window(name, of, first, last) for name in NAMES}
        wanted = expected(kind, inside, (last - first).total_seconds()) if inside else {}
        for name in UNKNOWN_TO_HOURS[kind] if kept_as == "hours" else ():
            wanted.pop(name, None)
        for name, value in wanted.items():
            (answer,) = found[name]
            assert answer.value == pytest.approx(value, rel=1e-9, abs=1e-9), name
        assert inside or not any(found.values())


@pytest.mark.parametrize("kept_as", WAYS)
@given(samples=drawn, span=st.tuples(offsets, offsets), share=st.sampled_from(SHARES))
@settings(deadline=None, max_examples=25, derandomize=True)
def test_a_quantile_of_calls(
    kept_as: str, samples: list[tuple[int, Calls]], span: tuple[int, int], share: float
) -> None:
    start, end = _aligned(min(span), kept_as), _aligned(max(span), kept_as) + HOUR_MS - 1
    values = sorted(_values(Kind.TIMING, _within(samples, start, end)))
    with kept(KEYS[Kind.TIMING], samples, kept_as):
        found = series.window("quantile", "t_seconds", from_ms(START_MS + start), from_ms(START_MS + end), share=share)
        assert len(found) == (1 if values else 0)
        for answer in found:
            _assert_near(answer.value, values, share)


@pytest.mark.parametrize("kept_as", ["rows", "chunks"])
@pytest.mark.parametrize("kind", [Kind.GAUGE, Kind.COUNTER])
@given(samples=drawn, span=st.tuples(offsets, offsets), share=st.sampled_from(SHARES))
@settings(deadline=None, max_examples=15, derandomize=True)
def test_a_quantile_of_samples(
    kind: Kind, kept_as: str, samples: list[tuple[int, Calls]], span: tuple[int, int], share: float
) -> None:
    values = _values(kind, _within(samples, min(span), max(span)))
    with kept(KEYS[kind], samples, kept_as):
        of = from_ms(START_MS + min(span)), from_ms(START_MS + max(span))
        found = series.window("quantile", KEYS[kind].name, *of, share=share)
        assert [answer.value for answer in found] == ([pytest.approx(np.quantile(values, share))] if values else [])


@pytest.mark.parametrize("kept_as", WAYS)
@pytest.mark.parametrize("kind", Kind)
@given(samples=drawn, span=st.tuples(offsets, offsets), step=steps)
@settings(deadline=None, max_examples=20, derandomize=True)
def test_each_step_of_a_range(
    kind: Kind, kept_as: str, samples: list[tuple[int, Calls]], span: tuple[int, int], step: timedelta
) -> None:
    if kept_as == "hours":
        step = timedelta(hours=max(1, step // timedelta(hours=1)))
    step_ms = step // timedelta(milliseconds=1)
    start = min(span) - min(span) % HOUR_MS if step_ms % HOUR_MS == 0 else min(span)
    end = _aligned(max(span), kept_as) + HOUR_MS - 1
    parts: defaultdict[int, list[tuple[int, Calls]]] = defaultdict(list)
    for one in _within(samples, start, end):
        parts[start + (one[0] - start) // step_ms * step_ms].append(one)
    with kept(KEYS[kind], samples, kept_as):
        found = series.ranges(KEYS[kind].name, from_ms(START_MS + min(span)), from_ms(START_MS + end), step)
        assert [one.at_ms.tolist() for one in found] == ([[START_MS + at for at in parts]] if parts else [])
        for one in found:
            _assert_steps(one, kind, [expected(kind, part, 1) for part in parts.values()])


def _assert_steps(found: series.Range, kind: Kind, wanted: Sequence[dict[str, float]]) -> None:
    about = {Kind.GAUGE: "last", Kind.COUNTER: "sum", Kind.TIMING: "max"}
    columns = {
        "value": about[kind],
        "count": "count",
        "total": "sum",
        "minimum": "min",
        "maximum": "max",
        "mean": "avg",
    }
    for column, name in columns.items():
        assert getattr(found, column).tolist() == pytest.approx([part[name] for part in wanted], rel=1e-9), column


@pytest.mark.parametrize("kept_as", WAYS)
@given(samples=drawn, hours=st.integers(1, 30), share=st.sampled_from(SHARES))
@settings(deadline=None, max_examples=15, derandomize=True)
def test_a_quantile_of_each_step(kept_as: str, samples: list[tuple[int, Calls]], hours: int, share: float) -> None:
    parts: defaultdict[int, list[tuple[int, Calls]]] = defaultdict(list)
    for one in samples:
        parts[one[0] // (hours * HOUR_MS)].append(one)
    with kept(KEYS[Kind.TIMING], samples, kept_as):
        of = from_ms(START_MS + 1), from_ms(START_MS + DAYS * 24 * HOUR_MS)
        ((_, at_ms, found),) = series.quantile_ranges("t_seconds", share, *of, timedelta(hours=hours))
        assert at_ms.tolist() == [START_MS + part * hours * HOUR_MS for part in parts]
        for value, part in zip(found.tolist(), parts.values(), strict=True):
            _assert_near(value, sorted(_values(Kind.TIMING, part)), share)


def _assert_near(found: float, values: list[float], share: float) -> None:
    """Within 1.1 % of one of the two calls that the quantile lies between."""
    place = share * (len(values) - 1)
    low, high = values[math.floor(place)], values[math.ceil(place)]
    assert low * 0.988 <= found <= high * 1.012


@given(samples=drawn)
@settings(deadline=None, max_examples=10, derandomize=True)
def test_the_latest_value(samples: list[tuple[int, Calls]]) -> None:
    with kept(KEYS[Kind.GAUGE], samples, "chunks"):
        (found,) = series.latest("beds")
        assert (found.value, found.at_ms) == (samples[-1][1][0], START_MS + samples[-1][0])
        assert to_ms(from_ms(found.at_ms)) == Series.objects.get().last_at
