"""What a lazy frame is compared with: the frame of all its rows, by slices, places and conditions."""

from typing import Any

import numpy as np
import pandas as pd

from caching import LazyDataFrame

ALL = "SELECT * FROM health_data"


def eager_of(lazy: LazyDataFrame) -> pd.DataFrame:
    found: pd.DataFrame = lazy.paginated.optimizer.execute_query(f"{ALL} ORDER BY id")
    return found


def same(found: Any, expected: Any) -> None:
    if isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected)
    else:
        pd.testing.assert_frame_equal(found, expected, check_index_type=False)


SLICES = [
    slice(3, 9), slice(None), slice(4, None), slice(None, 4), slice(-3, None), slice(2, -2), slice(1, 12, 3),
    slice(None, None, -1), slice(9, 2, -2), slice(100, 200), slice(5, 5), slice(8, 3),
]  # fmt: skip
PLACES: list[Any] = [
    0, -1, slice(2, 7), [7, 0, 7], [-1, 2], (3, 1), (slice(2, 4), [0, 2]), (slice(0, 3), [True, False, True, False]),
     ([1, 2], slice(1, 3)), [True] * 6 + [False] * 6,
]  # fmt: skip


def same_places(lazy: LazyDataFrame, eager: pd.DataFrame, wanted: Any) -> None:
    found, expected = lazy.iloc[wanted], eager.iloc[wanted]
    if np.ndim(expected) == 0:
        assert found == expected
    else:
        same(found, expected)


CONDITIONS: list[Any] = [
    lambda df: df["state"] == "NSW",
    lambda df: df["state"] != "NSW",
    lambda df: df["year"] > 2015,
    lambda df: df["year"] != 2012,
    lambda df: ~(df["year"] <= 2015),
    lambda df: df["year"].isna(),
    lambda df: df["year"].notna() & (df["rate"] >= 1.5),
    lambda df: (df["state"] == "QLD") | (df["rate"] < 0.6),
    lambda df: df["state"].isin(["NSW", "QLD"]) & ~df["id"].between(4, 8),
    lambda df: df["state"].isin([]),
    lambda df: df["state"] == "it's; DROP TABLE health_data --",
    lambda df: df["id"] == np.int64(3),
    lambda df: df["rate"] < float("inf"),
    lambda df: df["rate"] > -np.float64("inf"),
    lambda df: df["rate"] == float("nan"),
    lambda df: df["rate"] != float("nan"),
    lambda df: df["rate"] != np.float32("nan"),
    lambda df: df["year"].isin([2011, float("nan")]),
    lambda df: ~df["year"].isin([2011, np.float64("nan")]),
    lambda df: ~df["year"].isin([2011, None]),
    lambda df: df["year"].isin([float("nan")]),
    lambda df: df["state"].isin(["NSW", None]),
    lambda df: ~df["id"].isin([1, float("nan")]),
]


def same_selected(lazy: LazyDataFrame, eager: pd.DataFrame, condition: Any) -> None:
    """Missing values are compared as pandas does, and the numbers of the rows are kept."""
    plain = eager.astype({"year": "float64"})  # DuckDB gives a nullable integer, which compares otherwise
    same(lazy[condition(lazy)], eager[condition(plain)])
