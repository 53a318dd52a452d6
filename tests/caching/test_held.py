"""How memory holds values: shared where nobody can change them, copied where somebody can."""

import datetime
import decimal
import enum
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from caching.held import Held, hold


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    ["text", b"bytes", 1, 1.5, True, None, 1j, (1, ("a", None)), frozenset({1}), decimal.Decimal(1), uuid.UUID(int=1),
     datetime.date(2026, 1, 1), datetime.timedelta(1), Colour.RED, range(3)],
)  # fmt: skip
def test_immutable_values_are_handed_out_as_they_are(value: Any) -> None:
    assert hold("key", value).take() is value


@pytest.mark.parametrize("value", [[1], {"a": 1}, {1}, ([1],), bytearray(b"a"), np.arange(3)])
def test_others_are_copied(value: Any) -> None:
    held = hold("key", value)
    assert held.take() is not value
    assert held.take() is not held.take()
    assert str(held.take()) == str(value)


def test_what_is_shared_is_made_once() -> None:
    held = hold("key", [1])
    assert held.share() is held.share()


def test_a_frame_shares_its_data_until_somebody_writes() -> None:
    held = hold("key", pd.DataFrame({"n": np.arange(1000)}))
    one, other = held.take(), held.take()
    assert np.shares_memory(one["n"].to_numpy(), other["n"].to_numpy())
    one.loc[0, "n"] = -1
    assert other.loc[0, "n"] == 0
    assert held.take().loc[0, "n"] == 0


def test_objects_in_a_frame_are_not_shared() -> None:
    held = hold("key", pd.DataFrame({"lists": [[1], [2]]}))
    held.take().loc[0, "lists"].append(5)
    assert held.take().loc[0, "lists"] == [1]


def test_a_small_part_of_a_large_frame_does_not_keep_the_rest() -> None:
    large = pd.DataFrame({"n": np.arange(1_000_000)})
    held = hold("key", large.iloc[:10])
    assert held.size_bytes < 2000
    assert not np.shares_memory(held.value["n"].to_numpy(), large["n"].to_numpy())


def test_sizes_follow_the_values() -> None:
    assert hold("key", "x" * 10_000).size_bytes > 10_000
    assert hold("key", ["x" * 10_000]).size_bytes > 10_000
    assert hold("key", np.zeros(10_000)).size_bytes > 80_000
    assert hold("key", pd.DataFrame({"n": np.zeros(10_000)})).size_bytes > 80_000


@dataclass
class Area:
    names: list[str]


@pytest.mark.parametrize(
    "value",
    [[["x" * 1000] for _ in range(5000)], {"a": {"b": ["y" * 5_000_000]}}, Area(["z" * 5_000_000]),
     [np.zeros(125_000) for _ in range(5)], ({"a": (["x" * 5_000_000],)},)],
)  # fmt: skip
def test_what_callers_share_counts_with_all_that_it_holds(value: Any) -> None:
    assert 5_000_000 <= hold("key", value, as_it_is=True).size_bytes < 7_000_000


def test_what_holds_itself_has_a_size() -> None:
    value: list[Any] = ["x" * 1000]
    value.append(value)
    assert 1000 < hold("key", value, as_it_is=True).size_bytes < 3000


@dataclass
class Reading:
    memory_usage: float
    text: str


class Machine:
    def __init__(self, text: str) -> None:
        self.text = text

    def memory_usage(self) -> float:
        return 0.5

    @property
    def nbytes(self) -> int:
        raise ConnectionError("the machine is off")


@pytest.mark.parametrize("value", [Reading(0.5, "x" * 10_000), [Reading(0.5, "x" * 10_000)], Machine("x" * 10_000)])
def test_what_means_something_else_by_memory_usage_is_shared_and_counted_like_all_others(value: Any) -> None:
    grown: list[int] = []
    held = hold("key", value)
    held.grow = lambda _, by_bytes: grown.append(by_bytes)
    assert type(held.share()) is type(value)
    assert 10_000 < grown[0] < 20_000


class Raced(Held):
    """Another sharer takes ``grow`` away as soon as this one has looked at it."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name == "grow":
            self.grow = None
        return found


def test_two_who_share_at_once_both_get_it() -> None:
    packed = hold("key", [1])
    raced = Raced("key", packed.value, packed.hand, 0)
    grown: list[int] = []
    raced.grow = lambda _, by_bytes: grown.append(by_bytes)
    assert raced.share() == [1]
    assert grown
