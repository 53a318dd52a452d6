"""``optimize_dataframe_memory``: the same values in less memory, whatever the frame holds."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caching import optimize_dataframe_memory
from caching.frames import texts

pytestmark = pytest.mark.once

MANY = 2_000


def column(values: Any, dtype: Any = None) -> Any:
    return optimize_dataframe_memory(pd.DataFrame({"a": pd.Series(values, dtype=dtype)}))["a"]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, -128, 127], "int64", "int8"),
        ([1, 128], "int64", "int16"),
        ([0, 40_000], "uint64", "int32"),
        ([2**40], "int64", "int64"),
        ([2**63], "uint64", "uint64"),
        ([1, None, 300], "Int64", "Int16"),
        ([None, None], "Int64", "Int64"),
        ([1.0, np.nan, 300.0], "float64", "Int16"),
        ([1.0, 2.0], "float64", "Int8"),
        ([1.5, 2.0], "float64", "float64"),
        ([1.0, np.inf], "float64", "float64"),
        ([-0.0, 1.0], "float64", "float64"),
        ([2.0**60, 1.0], "float64", "float64"),
        ([np.nan, np.nan], "float64", "float64"),
        ([1.0, 30_000.0], "float32", "Int16"),
        ([1.0, 70_000.0], "float32", "float32"),
        ([1e300], "float64", "float64"),
        ([True, False], "bool", "bool"),
        (["NSW"] * 4, "str", "category"),
        (["NSW", None] * 4, object, "category"),
        ([f"id {n}" for n in range(MANY)], "str", "str"),
        ([f"id {n}" for n in range(MANY)], object, "str"),
        (["NSW", 1] * 4, object, "object"),
        (["NSW", b"NSW"] * 4, object, "object"),
        (["\ud800", "\ud800"], object, "object"),
        ([Decimal("1.5")] * 4, object, "object"),
        ([date(2026, 1, 1)] * 4, object, "object"),
        ([[1], [1]], object, "object"),
        (["2026-01-01"] * 4, "datetime64[ns]", "datetime64[ns]"),
        (["2026-01-01"] * 4, "datetime64[ns, Australia/Sydney]", "datetime64[ns, Australia/Sydney]"),
        (["a", "a"], "category", "category"),
        ([], "int64", "int64"),
        ([], "str", "str"),
        ([], object, "object"),
    ],
)
def test_a_column_gets_the_narrowest_type_that_holds_it(values: list[Any], dtype: str, expected: str) -> None:
    assert str(column(values, dtype).dtype) == expected


def test_the_frame_given_stays_as_it_is_and_shares_nothing() -> None:
    df = pd.DataFrame({"n": [1, 2], "rate": [0.5, 1.5], "at": pd.to_datetime(["2026-01-01", "2026-01-02"])})
    before = df.copy(deep=True)
    after = optimize_dataframe_memory(df)
    after.loc[0, ["n", "rate"]] = [9, 9.5]
    pd.testing.assert_frame_equal(df, before)
    assert not any(np.shares_memory(df[name].to_numpy(), after[name].to_numpy()) for name in df)


def test_a_kept_column_does_not_keep_the_block_of_the_others_alive() -> None:
    after = optimize_dataframe_memory(pd.DataFrame(np.array([[1.0, 0.5], [2.0, 1.5]]), columns=["whole", "rate"]))
    rate = after["rate"].to_numpy()
    owner = rate if rate.base is None else rate.base
    assert owner.nbytes == rate.nbytes


def test_columns_of_the_same_name_are_each_narrowed() -> None:
    df = pd.DataFrame([[1, "x", 2.0], [3, "x", 4.0]], columns=["a", "a", "b"])
    after, report = optimize_dataframe_memory(df, report=True)
    assert list(after.columns) == ["a", "a", "b"]
    assert [str(dtype) for dtype in after.dtypes] == ["int8", "category", "Int8"]
    assert [(change.position, change.column) for change in report.changes] == [(0, "a"), (1, "a"), (2, "b")]


@pytest.mark.parametrize(
    "df",
    [
        pd.DataFrame(),
        pd.DataFrame(index=[1, 2]),
        pd.DataFrame({"a": []}),
        pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("x", 1)]), index=pd.Index(["r"], name="row")),
    ],
)
def test_an_odd_frame_keeps_its_shape_index_and_columns(df: pd.DataFrame) -> None:
    after, report = optimize_dataframe_memory(df, report=True)
    pd.testing.assert_frame_equal(after, df, check_dtype=False)
    assert report.after_bytes <= report.before_bytes
    assert 0 < report.ratio <= 1


def test_categories_are_those_that_pandas_makes() -> None:
    values = ["b", None, "a", "é", "b", "Z", "a"] * 3
    for dtype in ("str", object):
        series = pd.Series(values, dtype=dtype)
        found = column(values, dtype)
        pd.testing.assert_series_equal(found, series.astype("category"), check_names=False, check_index_type=False)
        assert found.groupby(found).size().index.tolist() == ["Z", "a", "b", "é"]


@pytest.mark.parametrize("distinct", [1, 127, 128, 129, 900])
def test_codes_hold_any_number_of_categories(distinct: int) -> None:
    values = [f"area {n % distinct}" for n in range(distinct * 4)]
    assert column(values, "str").tolist() == values


def test_without_pyarrow_pandas_makes_the_categories(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert column(["b", "a"] * 3, object).cat.categories.tolist() == ["a", "b"]
    assert column([f"id {n}" for n in range(MANY)], object).dtype == object


def test_texts_that_repeat_only_in_the_sample_are_kept() -> None:
    step = MANY * 10 // texts.SAMPLE
    values = ["same" if n % step == 0 else f"id {n}" for n in range(MANY * 10)]
    assert column(values, "str").dtype == "str"


def test_floats_are_narrowed_when_asked_and_the_error_is_said() -> None:
    df = pd.DataFrame({"rate": [0.1, 1e6 + 0.1, np.inf, np.nan], "huge": [1e300, 0.5, 1.5, 2.5]})
    after, report = optimize_dataframe_memory(df, floats=True, report=True)
    assert [str(dtype) for dtype in after.dtypes] == ["float32", "float64"]
    (change,) = report.changes
    assert change.greatest_error == abs(float(np.float32(1e6 + 0.1)) - (1e6 + 0.1))
    assert 0 < change.greatest_relative_error < 2**-23
    assert "rate: float64 -> float32, off by at most 0.0" in str(report)


def test_a_number_too_small_for_32_bits_keeps_its_column() -> None:
    df = pd.DataFrame({"rate": [1e-300, 0.5]})
    assert optimize_dataframe_memory(df, floats=True)["rate"].tolist() == [1e-300, 0.5]


def test_the_report_says_what_changed_and_what_that_saved() -> None:
    df = pd.DataFrame({"state": ["New South Wales"] * MANY, "cases": range(MANY), "rate": [0.5] * MANY})
    after, report = optimize_dataframe_memory(df, report=True)
    assert report.before_bytes == df.memory_usage(deep=True).sum()
    assert report.after_bytes == after.memory_usage(deep=True).sum()
    assert report.saved_bytes == sum(change.before_bytes - change.after_bytes for change in report.changes)
    assert [(change.column, change.before, change.after) for change in report.changes] == [
        ("state", "str", "category"),
        ("cases", "int64", "int16"),
    ]


values_of = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.floats(width=64)),
    st.lists(st.one_of(st.none(), st.integers(-300, 300).map(float))),
    st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "", "é", "\0"]))),
    st.lists(st.one_of(st.none(), st.text(), st.integers(), st.binary())),
)


@settings(max_examples=100, deadline=None)
@given(values_of)
def test_every_value_is_exactly_what_it_was(values: list[Any]) -> None:
    df = pd.DataFrame({"a": values})
    after = optimize_dataframe_memory(df)["a"].tolist()
    for was, became in zip(df["a"].tolist(), after, strict=True):
        assert (pd.isna(was) and pd.isna(became)) or (was == became and str(was) == str(type(was)(became)))
