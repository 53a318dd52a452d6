import math
import random
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitoring import merging
from monitoring.merging import merged
from monitoring.sketch import Sketch, SketchDamaged, sketch_of

DURATIONS = st.lists(st.floats(-1, 1e6) | st.floats(0, 1e-6) | st.just(0.25), max_size=40)


def row(
    sketch: Sketch | None, value: float = 1.0, count: int | None = None, total: float | None = None
) -> tuple[object, ...]:
    return 1, 0, value, count, total, None, None, sketch and sketch.encode()


def added_up(payloads: Sequence[bytes]) -> Sketch:
    return merging.added_up(payloads, np.array([len(payload) for payload in payloads], np.int64))


@given(st.lists(DURATIONS, min_size=1, max_size=12))
def test_decoding_all_at_once_gives_what_merging_one_by_one_gives(calls: list[list[float]]) -> None:
    sketches = [sketch_of(values) for values in calls]
    one_by_one = Sketch()
    for sketch in sketches:
        one_by_one.merge(sketch)
    assert added_up([sketch.encode() for sketch in sketches]) == one_by_one


def test_a_coarse_sketch_makes_the_sum_as_coarse() -> None:
    fine = sketch_of([0.1, 0.2, 3.0])
    coarse = Sketch({-4: 1, 2: 2}, 1, scale=0)
    expected = Sketch({-4: 1, 2: 2}, 1, scale=0)
    expected.merge(fine)
    assert added_up([fine.encode(), coarse.encode()]) == expected


def test_counts_past_a_byte_and_past_two_are_kept() -> None:
    assert added_up([Sketch({-213: 70_000, 900: 300}, 128).encode()] * 3) == Sketch({-213: 210_000, 900: 900}, 384)


def test_a_snapshot_without_a_sketch_counts_its_calls_at_their_mean() -> None:
    found = merged([row(None, value=9.0, count=4, total=8.0), row(None, value=2.0)])
    assert found.count == 5
    assert math.isclose(found.quantile(0.5, 0.0, 9.0), 2.0, rel_tol=0.011)


def test_nothing_merged_is_empty() -> None:
    assert merged([]).count == 0


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x01", b"\x02\x05\x00", b"\x01\x06\x00", b"\x01\x05\x00\x04", b"\x01\x05\x00\x84", b"\x01\x05\x00\x04\x81"],
)
def test_what_is_no_sketch_is_told(payload: bytes) -> None:
    with pytest.raises(SketchDamaged):
        added_up([sketch_of([1.0]).encode(), payload])


def test_a_window_of_more_than_is_decoded_at_once_is_added_up_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []
    at_once = merging._decoded

    def counted(data: NDArray[np.uint8], sizes: merging.Integers, ends: merging.Integers) -> Sketch:
        decoded.append(len(sizes))
        return at_once(data, sizes, ends)

    monkeypatch.setattr(merging, "AT_ONCE", 3)
    monkeypatch.setattr(merging, "_decoded", counted)
    sketches = [sketch_of([0.1 * n, 3.0]) for n in range(7)]
    coarse = Sketch({0: 5}, 2, scale=1)
    expected = Sketch(scale=1)
    for one in (*sketches, coarse):
        expected.merge(one)
    assert added_up([one.encode() for one in (*sketches, coarse)]) == expected
    assert decoded == [3, 3, 2]


def test_few_enough_are_decoded_at_once_for_a_few_megabytes() -> None:
    payloads = [sketch_of([random.lognormvariate(-3, 1) for _ in range(20)]).encode() for _ in range(100)] * 500
    tracemalloc.start()
    added_up(payloads)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 40_000_000


def test_buckets_further_apart_than_any_two_values_are_no_sketch() -> None:
    with pytest.raises(SketchDamaged, match="further apart"):
        added_up([Sketch({0: 1, 10**9: 1}).encode()])


@given(st.lists(DURATIONS, min_size=1, max_size=6), st.lists(DURATIONS, max_size=6))
def test_snapshots_that_were_joined_to_one_row_give_what_they_give_apart(
    one: list[list[float]], more: list[list[float]]
) -> None:
    payloads = [sketch_of(values).encode() for values in one]
    joined = (1, 0, 1.0, 9, 9.0, 0.0, 1.0, b"".join(payloads), ",".join(str(len(each)) for each in payloads))
    alone = [row(sketch_of(values)) for values in more]
    assert merged([*alone, joined]) == merged([*alone, *(row(sketch_of(values)) for values in one)])


def test_sizes_that_are_not_those_of_the_sketches_are_told() -> None:
    with pytest.raises(SketchDamaged, match="sizes"):
        merged([(1, 0, 1.0, 9, 9.0, 0.0, 1.0, sketch_of([1.0]).encode(), "4")])
