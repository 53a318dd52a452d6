import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.sketch import Sketch, SketchDamaged, sketch_of

SECONDS = st.floats(min_value=1e-9, max_value=1e6)


def rank_value(values: list[float], q: float) -> float:
    return sorted(values)[math.floor(q * (len(values) - 1))]


@given(st.lists(SECONDS, min_size=1), st.floats(0, 1))
def test_a_quantile_is_at_most_1_1_percent_off(values: list[float], q: float) -> None:
    estimate = sketch_of(values).quantile(q, min(values), max(values))
    assert estimate == pytest.approx(rank_value(values, q), rel=0.011)


@given(st.lists(SECONDS), st.lists(SECONDS))
def test_merging_is_adding(some: list[float], more: list[float]) -> None:
    together = sketch_of(some)
    together.merge(sketch_of(more))
    assert together == sketch_of([*some, *more])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_what_is_encoded_comes_back(values: list[float]) -> None:
    sketch = sketch_of(values)
    assert Sketch.decode(sketch.encode()) == sketch


def test_counts_and_distances_of_any_size_come_back() -> None:
    sketch = Sketch()
    sketch.counts.update({-40_000: 3, -1: 5_000_000_000, 0: 128, 31_000: 1})
    sketch.zeros = 700
    assert Sketch.decode(sketch.encode()) == sketch


def test_what_is_not_above_zero_is_counted_apart() -> None:
    sketch = sketch_of([0.0, -1.0, 2.0])
    assert (sketch.zeros, sketch.count) == (2, 3)
    assert sketch.quantile(0.1, -1.0, 2.0) == 0.0


def test_a_bound_belongs_to_the_bucket_below_it() -> None:
    assert dict(sketch_of([1.0, 2.0, 0.5]).counts) == {-1: 1, 31: 1, -33: 1}


@given(st.lists(SECONDS, min_size=1))
def test_a_coarse_sketch_counts_by_powers_of_two_exactly(values: list[float]) -> None:
    coarse = Sketch(scale=0)
    coarse.merge(sketch_of(values))
    for exponent in (-10, 0, 3):
        counted = sum(count for index, count in coarse.counts.items() if index < exponent)
        assert counted == sum(value <= 2**exponent for value in values)


def test_a_coarse_sketch_cannot_become_finer() -> None:
    with pytest.raises(ValueError, match="coarser"):
        Sketch().merge(Sketch(scale=0))


def test_an_empty_sketch_has_no_quantiles() -> None:
    with pytest.raises(ValueError, match="empty"):
        Sketch().quantile(0.5, 0, 1)


@pytest.mark.parametrize("payload", [b"", b"\x01\x05", b"\x02\x05\x00", b"\x01\x05\x80", b"\x01\x05\x00\x02"])
def test_bytes_that_are_no_sketch_are_refused(payload: bytes) -> None:
    with pytest.raises(SketchDamaged):
        Sketch.decode(payload)


def test_a_sketch_of_one_interval_is_small() -> None:
    assert len(sketch_of([0.001 * number for number in range(1, 101)]).encode()) < 400
