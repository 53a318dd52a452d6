"""Texts that repeat, as categories. Arrow finds them in half the time that pandas needs; without it pandas does."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 10_000
_RARELY_REPEATED = 0.98  # of a sample being distinct: then most of the column is, too
_MOST_DISTINCT = 0.5  # of the rows; above, codes and categories together save little


def narrowed_text(series: "pd.Series[Any]") -> Any:
    """Categories for a column of texts that repeat; ``str`` for objects that are all texts; None for any other."""
    if not _are_texts(series) or not len(series):
        return None
    repeats = _repeats(series)
    try:
        import pyarrow as pa
    except ImportError:  # plain pandas
        return _by_pandas(series) if repeats else None
    return _by_arrow(series, pa, repeats)


def _are_texts(series: "pd.Series[Any]") -> bool:
    """Whether each value that is not missing is a text; Arrow would take bytes for one, too."""
    if isinstance(series.dtype, pd.StringDtype):
        return True
    return series.dtype == np.dtype(object) and pd.api.types.infer_dtype(series, skipna=True) == "string"


def _repeats(series: "pd.Series[Any]") -> bool:
    """Judged by a sample spread over the column: to find that nothing repeats takes ten times as long as the rest."""
    sample = series.iloc[:: max(1, len(series) // SAMPLE)].dropna()
    return len(sample) < 2 or sample.nunique() < _RARELY_REPEATED * len(sample)


def _by_arrow(series: "pd.Series[Any]", pa: Any, repeats: bool) -> Any:
    try:
        texts = _arrow(series, pa)
    except UnicodeError:  # halves of surrogate pairs, which Arrow cannot hold
        return None
    if not repeats:
        return None if isinstance(series.dtype, pd.StringDtype) else pd.array(texts, dtype="str")
    encoded = texts.dictionary_encode()
    if not _worth_it(len(encoded.dictionary), len(series)):
        return None
    return _categorical(encoded)


def _arrow(series: "pd.Series[Any]", pa: Any) -> "pa.Array":
    values = series.array if isinstance(series.dtype, pd.StringDtype) else series.to_numpy()
    found = pa.array(values, type=pa.large_string(), from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _categorical(encoded: Any) -> Any:
    """As ``astype("category")`` gives it: categories sorted, and the narrowest codes."""
    found = pd.Index(encoded.dictionary.to_pandas(), dtype="str")
    order = found.argsort()
    narrow = np.min_scalar_type(-max(1, len(order)))
    place = np.empty(len(order) + 1, dtype=narrow)
    place[order] = np.arange(len(order), dtype=narrow)
    place[-1] = -1  # where Arrow's index is null, filled below with -1, numpy counts from the end
    codes = place[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(found[order]), validate=False)


def _by_pandas(series: "pd.Series[Any]") -> Any:
    found = series.astype("category").array
    return found if _worth_it(len(found.categories), len(series)) else None


def _worth_it(distinct: int, rows: int) -> bool:
    return distinct <= max(1, _MOST_DISTINCT * rows)
