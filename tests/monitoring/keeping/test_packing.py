"""Chunks give back every bit, now and from payloads of every codec that was ever written."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.keeping.codecs import PCODEC, ZSTD, CodecMissing, best, codec
from monitoring.keeping.columns import Damaged
from monitoring.keeping.frame import EMPTY, Frame
from monitoring.keeping.packing import WITHOUT_TIMES, codec_of, pack, pack_times, unpack
from monitoring.windows import VALUES, Row
from tests.monitoring.keeping.frames import START_MS, any_rows, regular_rows, same

CODECS = (PCODEC, ZSTD)
PAYLOADS = Path(__file__).parent / "payloads"


@pytest.mark.parametrize("number", CODECS)
@given(rows=st.one_of(any_rows, regular_rows))
@settings(deadline=None, max_examples=150)
def test_every_bit_of_every_sample_comes_back(number: int, rows: list[Row]) -> None:
    frame = Frame.of_rows(rows)
    assert same(unpack(pack(frame, codec(number))), frame)


@pytest.mark.parametrize("number", CODECS)
@given(rows=st.one_of(any_rows, regular_rows))
@settings(deadline=None, max_examples=50)
def test_times_that_are_kept_apart_come_back_too(number: int, rows: list[Row]) -> None:
    frame, by = Frame.of_rows(rows), codec(number)
    assert same(unpack(pack(frame, by, WITHOUT_TIMES), times=pack_times(frame.at, by)), frame)


def test_a_payload_without_its_times_or_with_those_of_others_is_damaged() -> None:
    frame = fixture_frame()
    packed = pack(frame, version=WITHOUT_TIMES)
    with pytest.raises(Damaged, match="times are missing"):
        unpack(packed)
    with pytest.raises(Damaged, match="times of other samples"):
        unpack(packed, times=pack_times(frame.at[1:]))


@pytest.mark.parametrize("number", CODECS)
def test_a_chunk_says_by_which_codec_it_was_packed(number: int) -> None:
    assert codec_of(pack(EMPTY, codec(number))) == number


def test_new_chunks_are_packed_by_pcodec() -> None:
    assert best().number == PCODEC


def test_where_pcodec_cannot_be_loaded_its_chunks_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pcodec", None)
    codec.cache_clear()
    best.cache_clear()
    try:
        assert best().number == ZSTD
        with pytest.raises(CodecMissing, match="pip install pcodec"):
            codec(PCODEC)
    finally:
        monkeypatch.undo()
        codec.cache_clear()
        best.cache_clear()


def test_a_codec_of_a_later_version_is_named() -> None:
    with pytest.raises(CodecMissing, match="codec 9 is not known here"):
        codec(9)


def fixture_frame() -> Frame:
    """What the stored payloads hold: all ways in which a column is written."""
    sketches = tuple(None if n % 5 == 4 else bytes((1, 5, 0, 2 * (n % 7), 1 + n % 3, 200, 1, 3)) for n in range(40))
    numbers = np.arange(40)
    return Frame(
        START_MS + numbers * 15_000 + numbers % 3,
        np.round(np.sqrt(numbers) * 100) / 100,
        np.where(numbers % 6 == 5, -1, 1 + numbers % 4),
        np.sqrt(numbers + 0.5),
        np.full(40, 0.25),
        np.round(np.sqrt(numbers) * 100) / 100,
        sketches,
        numbers % 9 == 0,
    )


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.bin")), ids=lambda path: path.stem)
def test_payloads_of_earlier_releases_are_read_for_ever(path: Path) -> None:
    assert same(unpack(path.read_bytes()), fixture_frame())


@pytest.mark.parametrize("path", sorted((PAYLOADS / "apart").glob("*.bin")), ids=lambda path: path.stem)
def test_payloads_whose_times_are_apart_are_read_for_ever(path: Path) -> None:
    assert same(unpack(path.read_bytes(), times=path.with_suffix(".times").read_bytes()), fixture_frame())


@pytest.mark.parametrize("directory", [PAYLOADS, PAYLOADS / "apart"], ids=lambda path: path.stem)
def test_there_is_a_stored_payload_of_each_codec(directory: Path) -> None:
    assert {codec_of(path.read_bytes()) for path in directory.glob("*.bin")} == set(CODECS)


@given(place=st.integers(0, 200), flip=st.integers(1, 255))
@settings(deadline=None, max_examples=80)
def test_a_payload_with_a_wrong_byte_is_damaged_never_other_numbers(place: int, flip: int) -> None:
    payload = bytearray((PAYLOADS / "1-pcodec.bin").read_bytes())
    payload[place] ^= flip
    with pytest.raises((Damaged, CodecMissing)):
        unpack(bytes(payload))


@pytest.mark.parametrize("size", [0, 3, 6, 50])
def test_a_payload_that_is_cut_off_is_damaged(size: int) -> None:
    with pytest.raises(Damaged):
        unpack((PAYLOADS / "2-zstd.bin").read_bytes()[:size])


def test_regular_times_and_columns_that_repeat_each_other_take_next_to_nothing() -> None:
    values = np.full(1440, 3.0)
    assert len(pack(Frame(START_MS + 15_000 * np.arange(1440), values, None, values, values, values))) < 60


def test_readings_of_few_decimal_places_take_less_than_a_byte() -> None:
    steps = np.random.default_rng(7).normal(0, 0.3, 1440)
    walk = np.round(50 + np.cumsum(steps), 1)
    assert len(pack(Frame(START_MS + 15_000 * np.arange(1440), walk))) < 1440


def test_a_chunk_that_was_written_anew_is_read_anew() -> None:
    before, after = (Frame(np.arange(3) * 15_000 + START_MS, np.array([1.0, 2.0, last])) for last in (3.0, 4.0))

    read = [unpack(pack(frame), VALUES).value.tolist() for frame in (before, before, after)]

    assert read == [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 4.0]]


def test_what_readers_of_one_chunk_share_none_of_them_can_change() -> None:
    payload = pack(Frame(np.arange(3) * 15_000 + START_MS, np.array([1.0, 2.0, 3.0])))

    with pytest.raises(ValueError, match="read-only"):
        unpack(payload, VALUES).value[0] = 9.0
