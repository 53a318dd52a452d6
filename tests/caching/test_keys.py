"""Keys of arguments: as different as the arguments, and equal for equal ones."""

import dataclasses
import datetime
import decimal
import enum
import functools
import pathlib
import subprocess
import sys
import uuid
from collections import namedtuple
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.keys import Unkeyable, digest, written
from tests.checkout import PROJECT_DIR

Place = namedtuple("Place", "x y")
Spot = namedtuple("Spot", "x y")


class Colour(enum.Enum):
    RED = 1
    CRIMSON = 2


class Right(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Area:
    code: int

    def within(self, state: str) -> "Area":
        self.state = state
        return self

    @functools.cached_property
    def name(self) -> str:
        return f"area {self.code}"


class Corner(Place):
    """Has attributes besides its fields."""


def with_state(value: Any, state: str) -> Any:
    value.state = state
    return value


def with_attrs(value: Any, **attrs: str) -> Any:
    value.attrs.update(attrs)
    return value


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates() | st.decimals(),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
DIFFERENT: list[Any] = [
    None,
    False,
    True,
    0,
    1,
    -1,
    0.0,
    -0.0,
    1.0,
    float("nan"),
    1j,
    "",
    "1",
    "a",
    b"",
    b"a",
    bytearray(b"a"),
    (),
    (1,),
    (True,),
    [],
    [1],
    [[1]],
    [1, []],
    {},
    {"a": 1},
    {"a": True},
    {1: "a"},
    set(),
    {1},
    frozenset(),
    frozenset({1}),
    range(3),
    range(0, 3, 2),
    slice(1, 2),
    decimal.Decimal("1"),
    decimal.Decimal("1.0"),
    datetime.date(2026, 1, 1),
    datetime.datetime.fromisoformat("2026-01-01"),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    datetime.datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/London")),
    datetime.datetime.fromisoformat("2026-01-01").replace(fold=1),
    datetime.time(1),
    datetime.timedelta(1),
    uuid.UUID(int=1),
    Colour.RED,
    Colour.CRIMSON,
    Right(0),
    Right.READ,
    Right.READ | Right.WRITE,
    Area(1),
    Area(1).within("NSW"),
    Area(1).within("VIC"),
    Corner(1, 2),
    with_state(Corner(1, 2), "NSW"),
    Place(1, 2),
    Spot(1, 2),
    (1, 2),
    pathlib.Path("a"),
    pathlib.Path("a/b"),
    Colour,
    Place,
    str,
    ...,
    np.int64(1),
    np.int32(1),
    np.float64(1),
    np.array([1, 2]),
    np.array([[1, 2]]),
    np.array([1.0, 2.0]),
    np.array([1, 2], "i4"),
    np.array(["a", "b"]),
    np.array(["a", None], object),
    np.array(["ab", ""]),
    np.datetime64("2026-01-01"),
    pd.Series([1, 2]),
    pd.Series([1, 2], name="n"),
    pd.Series([1, 2], index=[1, 2]),
    pd.Series([1.0, 2.0]),
    pd.Series(["a", "b"]),
    pd.Series(["a", "b"], dtype=object),
    pd.Series(["a", "b"], dtype="category"),
    pd.Series([1, None], dtype="Int64"),
    pd.Series(pd.to_datetime(["2026-01-01"])),
    pd.Series(pd.to_datetime(["2026-01-01"]).tz_localize("UTC")),
    pd.Series([[1], [2]]),
    pd.DataFrame({"a": [1]}),
    with_attrs(pd.DataFrame({"a": [1]}), unit="km"),
    with_attrs(pd.DataFrame({"a": [1]}), unit="m"),
    with_attrs(pd.Series([1, 2]), unit="km"),
    pd.DataFrame({"b": [1]}),
    pd.DataFrame({"a": [1]}, index=[5]),
    pd.DataFrame({"a": [True]}),
    pd.DataFrame({"a": [1], "b": [2]}),
    pd.DataFrame({"b": [2], "a": [1]}),
    pd.MultiIndex.from_tuples([(1, 2)]),
    pd.Timestamp("2026-01-01"),
    pd.Timestamp("2026-01-01", tz="UTC"),
    pd.Timedelta(1),
    pd.NA,
    pd.NaT,
    pd.Period("2026-01"),
]


def test_different_arguments_have_different_keys() -> None:
    by_key: dict[str, Any] = {}
    for value in DIFFERENT:
        other = by_key.setdefault(digest(value), value)
        assert other is value, f"{value!r} and {other!r}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({3, 1, 2}, {1, 2, 3}),
        (np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3))),
        (np.arange(10)[::2], np.array([0, 2, 4, 6, 8])),
        (pd.DataFrame({"a": [1, 2], "b": [3, 4]})[["b"]], pd.DataFrame({"b": [3, 4]})),
        (pd.Series(["x", "xyz"[:1]]), pd.Series(["x", "x"])),
        (pd.Series(["a", "b"]).iloc[1:].reset_index(drop=True), pd.Series(["b"])),
    ],
)
def test_equal_arguments_have_equal_keys(one: Any, other: Any) -> None:
    assert digest(one) == digest(other)


@given(PLAIN, PLAIN)
def test_one_form_is_never_the_start_of_another(one: Any, other: Any) -> None:
    first, second = written(one), written(other)
    assert first == second or not first.startswith(second)


def test_keys_are_the_same_in_another_process() -> None:
    program = "from caching.keys import digest; print(digest([{'b', 'a', 'c'}, {'x': 1.5, 'y': None}, (True, 'é')]))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )  # fmt: skip
    assert done.stdout.strip() == digest([{"b", "a", "c"}, {"x": 1.5, "y": None}, (True, "é")])


class Keyed:
    def __init__(self, code: int) -> None:
        self.code = code

    def __cache_key__(self) -> int:
        return self.code


def test_an_object_may_say_its_key() -> None:
    assert digest(Keyed(1)) == digest(Keyed(1)) != digest(Keyed(2))


def test_what_a_property_remembers_is_no_part_of_a_key() -> None:
    asked = Area(1)
    assert asked.name == "area 1"
    assert digest(asked) == digest(Area(1))


@dataclasses.dataclass
class Filters(dict[str, int]):
    """Holds more than its fields."""

    name: str


class Text(str):
    """A subclass may mean more than its text."""

    __slots__ = ()


@pytest.mark.parametrize(
    "value", [object(), Text("a"), (x for x in ()), lambda: 1, [object()], pd.Series([object()]), open, Filters("x")]
)
def test_what_cannot_be_told_apart_by_content_is_refused(value: Any) -> None:
    with pytest.raises(Unkeyable, match="no key can be made of"):
        digest(value)
