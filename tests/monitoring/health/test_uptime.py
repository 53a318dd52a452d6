from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitoring.health.times import share_text
from monitoring.health.uptime import Uptime, joined, measure, stretches
from monitoring.models import Status

STATUSES = [status.value for status in Status]
times = st.integers(0, 10_000)
pasts = st.lists(st.tuples(times, st.sampled_from(STATUSES)), max_size=12).map(sorted)
spans = st.lists(st.tuples(times, times).map(lambda pair: (min(pair), max(pair) + 1)), max_size=6)


def uptime(past: list[tuple[int, str]], start: int, end: int, excluded: list[tuple[int, int]]) -> Uptime:
    return measure(stretches(past, start, end), excluded)


def test_time_is_divided_by_what_was_true() -> None:
    past = [(0, "healthy"), (60_000, "critical"), (90_000, "warning"), (100_000, "unknown")]
    assert uptime(past, 0, 120_000, []) == Uptime(
        up_seconds=70, down_seconds=30, warning_seconds=10, unknown_seconds=20
    )
    assert uptime(past, 0, 120_000, []).share == 0.7


def test_the_last_result_before_a_span_holds_at_its_start() -> None:
    assert uptime([(0, "critical"), (50_000, "healthy")], 40_000, 60_000, []).share == 0.5


def test_before_the_first_result_nothing_counts() -> None:
    found = uptime([(50_000, "healthy")], 0, 100_000, [])
    assert (found.up_seconds, found.share) == (50, 1)
    assert uptime([], 0, 100_000, []).share is None


def test_excluded_time_does_not_count_though_two_sources_exclude_it() -> None:
    past = [(0, "healthy"), (60_000, "critical")]
    found = uptime(past, 0, 100_000, [(50_000, 80_000), (70_000, 100_000)])
    assert (found.up_seconds, found.down_seconds, found.excluded_seconds, found.share) == (50, 0, 50, 1)


@given(pasts, times, times, spans)
def test_every_second_is_counted_once(
    past: list[tuple[int, str]], one: int, other: int, excluded: list[tuple[int, int]]
) -> None:
    start, end = min(one, other), max(one, other)
    found = uptime(past, start, end, excluded)
    parts = found.up_seconds + found.down_seconds + found.unknown_seconds + found.excluded_seconds
    begun = max(start, past[0][0]) if past else end
    assert abs(parts - max(0, end - begun) / 1000) < 1e-6
    assert 0 <= found.warning_seconds <= found.up_seconds + 1e-9


@given(pasts, times, times, times, spans)
def test_a_span_is_the_sum_of_its_parts(
    past: list[tuple[int, str]], a: int, b: int, c: int, excluded: list[tuple[int, int]]
) -> None:
    start, middle, end = sorted((a, b, c))
    whole, first, second = (uptime(past, *part, excluded) for part in ((start, end), (start, middle), (middle, end)))
    assert abs(whole.up_seconds - first.up_seconds - second.up_seconds) < 1e-6
    assert abs(whole.down_seconds - first.down_seconds - second.down_seconds) < 1e-6


@given(spans)
def test_joined_intervals_are_the_same_time_without_overlap(some: list[tuple[int, int]]) -> None:
    found = joined(some)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert {at for start, end in found for at in range(start, end)} == {at for one in some for at in range(*one)}


def test_a_share_is_rounded_down() -> None:
    assert [share_text(share) for share in (1, 0.9999999, 0.99951, 0.5, 0, None)] == [
        "100 %", "99.999 %", "99.951 %", "50.0 %", "0.0 %", "no data",
    ]  # fmt: skip
