"""Entries as they travel: what was sealed is opened again, and nothing else is."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from caching.codec import PEEK_BYTES, Envelope, NotOurs, Unstorable, decoded, key_place, pack, seal, stamp_of, unseal
from caching.signing import Signer

SIGNER = Signer.of("a" * 32)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=3000),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5) | st.tuples(inner, inner),
    max_leaves=8,
)
TAG = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=20)
TAGS = st.lists(st.tuples(TAG, st.binary(min_size=8, max_size=8)), max_size=4)
FRAME = pd.DataFrame(
    {
        "sa2": np.arange(500, dtype="int64"),
        "rate": np.random.default_rng(1).random(500),
        "flag": [True, False] * 250,
        "state": ["NSW", None] * 250,
        "kind": pd.Categorical(["urban", "remote"] * 250),
        "at": pd.date_range("2026-01-01", periods=500, tz="Australia/Sydney"),
    }
)


def sealed(value: Any, key: str = "key", signer: Signer = SIGNER, threshold: float = 1024) -> bytes:
    return b"".join(seal(Envelope(key, 1.0, 2.0, b"12345678"), pack(value, threshold), signer))


@settings(deadline=None, max_examples=40)
@given(PLAIN, st.text(), TAGS, st.booleans())
def test_what_was_sealed_is_opened(value: Any, key: str, tags: list[tuple[str, bytes]], is_local: bool) -> None:
    key = key.encode(errors="replace").decode()
    tags = [(tag.encode(errors="replace").decode(), token) for tag, token in tags]
    envelope = Envelope(key, 1.5, 2.5, b"12345678", tuple(tags), is_local)
    opened = unseal(b"".join(seal(envelope, pack(value, 100), SIGNER)), key, SIGNER)
    assert opened.envelope == envelope
    assert opened.load() == value


@pytest.mark.parametrize("threshold", [0, float("inf")])
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_a_frame_is_rebuilt_exactly_and_can_be_written_to(threshold: float, kind: type) -> None:
    found = unseal(kind(sealed(FRAME, threshold=threshold)), "key", SIGNER).load()
    pd.testing.assert_frame_equal(found, FRAME)
    found.iloc[0, 0] = 7
    found.loc[1, "rate"] = 0.5
    assert found.iloc[0, 0] == 7


@pytest.mark.parametrize("value", [np.arange(10)[::2], np.asfortranarray(np.ones((3, 4))), np.array([], dtype="f4")])
def test_arrays_of_any_layout_are_rebuilt(value: "np.ndarray[Any, Any]") -> None:
    found = unseal(sealed(value, threshold=float("inf")), "key", SIGNER).load()
    np.testing.assert_array_equal(found, value)
    assert found.flags.aligned


def test_large_values_that_shrink_are_compressed_and_others_are_not() -> None:
    assert len(sealed("x" * 100_000)) < 2000
    noise = np.random.default_rng(1).bytes(100_000)
    assert not pack(noise, 1024).is_compressed
    assert not pack("x" * 500, 1024).is_compressed


def test_every_truncation_is_refused() -> None:
    whole = sealed({"a": [1, "two"]})
    for length in range(len(whole)):
        with pytest.raises(NotOurs):
            unseal(whole[:length], "key", SIGNER)


def test_every_changed_byte_is_refused() -> None:
    whole = sealed({"a": [1, "two"]})
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1
        with pytest.raises(NotOurs):
            unseal(changed, "key", SIGNER)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(NotOurs):
        unseal(data, "key", SIGNER)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise AssertionError('it was run')",)


@pytest.mark.parametrize("data", [pickle.dumps(Bomb()), sealed(Bomb(), signer=Signer.of("b" * 32))])
def test_what_another_key_or_nobody_signed_is_never_run(data: bytes) -> None:
    with pytest.raises(NotOurs):
        unseal(data, "key", SIGNER)


def test_an_entry_in_the_place_of_another_is_refused() -> None:
    with pytest.raises(NotOurs, match="of another key"):
        unseal(sealed(1, key="one"), "other", SIGNER)


def test_entries_of_an_earlier_key_are_accepted_while_it_is_named() -> None:
    entry = sealed(1, signer=Signer.of("old" * 20))
    assert unseal(entry, "key", Signer.of("new" * 20, "old" * 20)).load() == 1
    with pytest.raises(NotOurs, match="signed with another key"):
        unseal(entry, "key", Signer.of("new" * 20))


class Gone:
    """Its module forgets it."""


def test_a_value_whose_class_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = sealed(Gone())
    monkeypatch.delattr(f"{__name__}.Gone")
    with pytest.raises(NotOurs, match="cannot be rebuilt"):
        unseal(entry, "key", SIGNER).load()


def test_a_value_that_cannot_be_pickled_is_refused() -> None:
    with pytest.raises(Unstorable, match="a function cannot be kept"):
        pack(lambda: 1, 0)


def test_stamp_and_key_are_read_without_opening() -> None:
    whole = sealed(1, key="sa2:1")
    assert stamp_of(whole[:PEEK_BYTES]) == b"12345678"
    place = key_place(whole[:PEEK_BYTES])
    assert place is not None
    assert decoded(whole[slice(*place)]) == "sa2:1"
    assert key_place(b"nothing of ours" * 10) is None


@pytest.mark.parametrize(
    ("value", "threshold", "fingerprint"),
    [
        ({"a": [1, "two"]}, 1024, "ea9c31ff04327c85"),
        ("x" * 5000, 1024, "0b8fc3765b2580fd"),
        (b"y" * 70_000, float("inf"), "6e419a8d894a87d5"),
        ([bytearray(b"z" * 100)] * 2, 1024, "90d84cd88b45e152"),
    ],
)
def test_the_form_stays_what_other_releases_wrote(value: Any, threshold: float, fingerprint: str) -> None:
    envelope = Envelope("ключ", 1.5, 2.5, b"12345678", (("t", b"abcdefgh"),), True)
    assert blake3(b"".join(seal(envelope, pack(value, threshold), SIGNER))).hexdigest(8) == fingerprint


@pytest.mark.parametrize("count", [251, 600])
def test_any_number_of_arrays_is_kept(count: int) -> None:
    value = [np.full(2, number) for number in range(count)]
    found = unseal(sealed(value), "key", SIGNER).load()
    assert len(seal(Envelope("key", 1, 2, b"12345678"), pack(value, 1024), SIGNER)) < 1024
    assert len(found) == count
    assert found[-1].tolist() == [count - 1] * 2


def test_more_buffers_than_an_entry_can_count_are_kept() -> None:
    value = [pickle.PickleBuffer(b"one of many")] * 66_000  # as many arrays, and much quicker than those
    found = unseal(sealed(value), "key", SIGNER).load()
    assert len(found) == 66_000
    assert bytes(found[-1]) == b"one of many"
