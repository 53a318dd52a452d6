import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.ingest import json_body, json_writing
from monitoring.ingest.reading import BodyRefused
from monitoring.kinds import Kind
from monitoring.samples import Sample, SeriesKey
from monitoring.sketch import sketch_of

NOW_MS = 1_800_000_000_000
FINITE = st.floats(0, 1e298, allow_nan=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def body(**fields: object) -> bytes:
    return json.dumps({"samples": [{"name": "users", "value": 3, **fields}]}).encode()


def only(text: bytes) -> Sample:
    (reading,) = json_body.read(text, NOW_MS)
    return reading.sample


def reason(text: bytes) -> str:
    with pytest.raises(BodyRefused) as refused:
        json_body.read(text, NOW_MS)
    return f"{refused.value.status} {refused.value}"


def test_a_name_and_a_value_are_enough() -> None:
    assert only(body()) == Sample(SeriesKey("users", (), Kind.GAUGE), NOW_MS, 3.0)


def test_a_list_without_the_object_around_it_is_taken_too() -> None:
    assert only(b'[{"name": "users", "value": 3}]').value == 3


def test_a_time_with_an_offset_is_that_moment() -> None:
    assert only(body(at="2026-11-23T10:00:00+10:00")).at_ms == only(body(at="2026-11-23T00:00:00Z")).at_ms


def test_a_time_may_have_fractions_of_milliseconds() -> None:
    assert only(body(at=1_800_000_000_000.75)).at_ms == 1_800_000_000_000


def test_a_metric_of_the_catalogue_has_the_kind_it_has_there() -> None:
    sample = only(b'[{"name": "page_load_duration_seconds", "value": 0.5}]')
    assert sample == Sample(sample.key, NOW_MS, 0.5, 1, 0.5, 0.5, 0.5, sketch_of([0.5]))
    assert sample.key.kind == Kind.TIMING


@given(values=st.lists(FINITE, min_size=1, max_size=20), name=TEXTS.filter(bool), tag=TEXTS)
def test_what_a_recorder_gathered_comes_back_exactly(values: list[float], name: str, tag: str) -> None:
    key = SeriesKey(name, (("ward", tag),), Kind.TIMING, "application")
    sample = Sample(key, NOW_MS, max(values), len(values), sum(values) / 2, min(values), max(values), sketch_of(values))
    (reading,) = json_body.read(json_writing.encode([sample]), NOW_MS + 5)
    assert reading.sample == sample
    assert reading.sample.key.category == "application"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"{", "400 line 1: is no JSON"),
        (b'{"samples":\n[,', "400 line 2: is no JSON"),
        (b'[{"name":\n\n"\xff"}]', "400 line 3: is not UTF-8"),
        (b"[" * 100_000, "400 body: is nested too deeply"),
        (b"[" + b"1" * 10_000 + b"]", "400 body: is nested too deeply or has a number that is too long"),
        (b"{}", "422 samples: has to be a list"),
        (b"[]", "422 body: holds no samples"),
        (b"[3]", "422 samples[0]: has to be an object"),
        (body(value=True), "422 samples[0].value: has to be a number"),
        (b'[{"name": "a", "value": NaN}]', "422 samples[0].value: is not a finite number"),
        (b'[{"name": "a", "value": -Infinity}]', "422 samples[0].value: is not a finite number"),
        (b'[{"name": "a", "value": 1e400}]', "samples[0].value: is not a finite number"),
        (body(name=""), "samples[0].name: has to be a text"),
        (body(kind="meter"), "samples[0].kind: has to be one of gauge, counter, timing"),
        (body(kind="counter", value=-1), "samples[0].value: of a counter cannot be below 0"),
        (body(tags=["a"]), "samples[0].tags: has to be an object of texts"),
        (body(tags={"a": "x" * 501}), "samples[0].tags: has to be at most 30 texts"),
        (body(at=1_800_000_000), "samples[0].at: 1800000000 is no time since the year 2000 in milliseconds"),
        (body(at="2026-11-23T10:00:00"), "has no offset"),
        (body(sketch="AAAA"), "samples[0].sketch: is for a timing"),
        (body(kind="timing", sketch="AAAA"), "samples[0].sketch: is no sketch"),
        (body(kind="timing", sketch="AQkA"), "samples[0].sketch: has a scale above 5"),
        (body(kind="timing", sketch="AQUC"), "samples[0].sketch: counts 2 values, where count says 1"),
        (body(kind="timing", count=2), "samples[0].total: has to be there where count is above 1"),
        (body(count=0), "samples[0].count: has to be a whole number from 1 to 10"),
        (body(count=2**53), "samples[0].count: has to be a whole number from 1 to 10"),
        (body(value=2e300), "samples[0].value: is beyond 1e+300"),
        (body(category="\ud800"), "samples[0].category: has to be a text"),
        (body(at=1e400), "samples[0].at: "),
        (body(at=True), "samples[0].at: has to be milliseconds"),
        (body(valeu=3), "there is no field 'valeu'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: bytes, expected: str) -> None:
    assert expected in reason(text)


def test_every_sample_at_fault_is_named() -> None:
    found = reason(b'[{"name": "a", "value": 1}, {"name": "b"}, {"value": 1}]')
    assert "samples[1].value" in found
    assert "samples[2].name" in found
