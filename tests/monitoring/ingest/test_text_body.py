import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.ingest import text_body
from monitoring.ingest.reading import BodyRefused, Reading
from monitoring.kinds import Kind

NOW_MS = 1_800_000_000_000
EXPOSITION = b"""# HELP jobs_total Jobs done.
# TYPE jobs_total counter
jobs_total{state="NSW",kind="a \\"b\\""} 3
jobs_total{state="VIC"} 4 1799999999000

# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 2
wait_seconds_bucket{le="+Inf"} 3
wait_seconds_sum 1.5
wait_seconds_count 3
# TYPE heat gauge
heat 21.5
"""


def read(text: bytes) -> list[Reading]:
    return text_body.read(text, NOW_MS)


def test_an_exposition_is_read_line_by_line() -> None:
    found = read(EXPOSITION)
    assert [(one.sample.key.name, one.sample.value, one.is_cumulative) for one in found] == [
        ("jobs_total", 3, True),
        ("jobs_total", 4, True),
        ("wait_seconds_bucket", 2, True),
        ("wait_seconds_bucket", 3, True),
        ("wait_seconds_sum", 1.5, True),
        ("wait_seconds_count", 3, True),
        ("heat", 21.5, False),
    ]
    assert dict(found[0].sample.key.tags) == {"state": "NSW", "kind": 'a "b"'}
    assert (found[1].sample.at_ms, found[1].has_time) == (1_799_999_999_000, True)
    assert (found[0].sample.at_ms, found[0].has_time) == (NOW_MS, False)


def test_without_a_type_the_name_tells_a_counter() -> None:
    kinds = {one.sample.key.name: one.sample.key.kind for one in read(b"a_total 1\na_sum 1\n")}
    assert kinds == {"a_total": Kind.COUNTER, "a_sum": Kind.GAUGE}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", "422 body: holds no samples"),
        (b"heat 1\nheat{a=1} 2\n", "422 line 2: is no sample"),
        (b"heat\n", "422 line 1: is no sample"),
        (b"heat warm\n", "422 line 1: is no sample"),
        (b"a 1\nb NaN\nc +Inf\n", "422 line 2: nan is not a finite number; line 3: inf is not a finite number"),
        (b"a_total -1\n", "422 line 1: a counter cannot be below 0"),
        (b"# TYPE a meter\na 1\n", "422 line 1: there is no type 'meter'"),
        (b"a 1 1800000000\n", "line 1: 1800000000 is no time since the year 2000"),
        (b"a 1 +Inf\n", "line 1: inf is no time since the year 2000"),
        (b"a 1\nb 2 NaN\n", "line 2: nan is no time since the year 2000"),
        (b"a 1\nb 2e300\n", "line 2: 2e+300 is beyond 1e+300"),
        (b"a 1\nb \xff\n", "400 line 2: is not UTF-8"),
        (b"a" * 30_000 + b" 1\n", "line 1: is longer than"),
        (b"a" * 300 + b" 1\n", "line 1: the name is longer than"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: bytes, expected: str) -> None:
    with pytest.raises(BodyRefused) as refused:
        read(text)
    assert expected in f"{refused.value.status} {refused.value}"


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        assert read(text.encode("utf-8", "surrogatepass"))
    except BodyRefused as refused:
        assert refused.faults
