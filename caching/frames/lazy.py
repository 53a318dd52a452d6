"""``LazyDataFrame``: used as a frame, and read as far as it is looked at."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from caching.frames.conditions import Condition, LazyColumn
from caching.frames.progress import told
from caching.frames.reading import natural
from caching.frames.types import whole_types

if TYPE_CHECKING:
    import polars
    import pyarrow

    from caching.queries.paging.pages import PaginatedQuery


class LazyDataFrame:
    """The rows of a ``PaginatedQuery``. What it shows are frames of pandas, indexed by the numbers of the rows.

    ``lazy[5000:6000]``, ``iloc``, ``head``, ``tail`` and conditions on columns read the pages, or ask for the rows,
    that are wanted; ``chunks``, ``to_arrow`` and ``to_polars`` go through all, a page at a time. Columns have the types
    that a frame of all rows would have, for which the database looks at all values once for each version of the data;
    with ``exact_dtypes=False`` each answer has the types that its own rows give, which is faster.
    """

    def __init__(
        self, paginated: "PaginatedQuery", *, columns: Sequence[int] | None = None, exact_dtypes: bool = True
    ) -> None:
        self.paginated = paginated
        self.exact_dtypes = exact_dtypes
        self._columns = columns

    # What is there

    def __len__(self) -> int:
        return self.paginated.total_rows

    @property
    def columns(self) -> "pd.Index[str]":
        return self._narrow(self._sample()).columns

    @property
    def shape(self) -> tuple[int, int]:
        return len(self), len(self.columns)

    @property
    def dtypes(self) -> "pd.Series[Any]":
        """Exactly those of a frame of all rows."""
        types = [pd.api.types.pandas_dtype(one) for one in self._types()]
        found = pd.Series(types, self._sample().columns, dtype=object)
        return found if self._columns is None else found.iloc[list(self._columns)]

    @property
    def empty(self) -> bool:
        return 0 in self.shape

    def __repr__(self) -> str:
        return f"LazyDataFrame({len(self)} rows x {len(self.columns)} columns: {', '.join(map(str, self.columns))})"

    # Some of it

    def head(self, n: int = 5) -> pd.DataFrame:
        return self._slice(slice(n))

    def tail(self, n: int = 5) -> pd.DataFrame:
        """Read from the end; for a negative ``n``, all but the first ``-n`` rows."""
        return self._slice(slice(-n, None)) if n < 0 else self._shown(self.paginated.reader.last(n))

    @property
    def iloc(self) -> "_Rows":
        return _Rows(self)

    def __getitem__(self, wanted: Any) -> Any:
        """A slice or a condition gives a frame; a name gives a column, names give a lazy frame of fewer columns."""
        if isinstance(wanted, slice):
            return self._slice(wanted)
        if isinstance(wanted, LazyColumn):
            wanted = wanted.is_true()
        if isinstance(wanted, Condition):
            return self._selected(wanted)
        if isinstance(wanted, str):
            self._places([wanted])
            return LazyColumn(wanted, self)
        if _is_mask(wanted):
            return self._masked(np.asarray(wanted, dtype=bool))
        return LazyDataFrame(self.paginated, columns=self._places(wanted), exact_dtypes=self.exact_dtypes)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return self.chunks()

    def chunks(self, progress: bool | None = None) -> Iterator[pd.DataFrame]:
        """Page after page, all of the same types. A bar is drawn on a terminal, or as ``progress`` says."""
        pages = (self._shown(page) for page in self.paginated.pages_as_fetched())
        return told(pages, lambda: len(self), progress)

    # All of it

    def to_arrow(self, progress: bool | None = None) -> "pyarrow.Table":
        """All rows, a page at a time."""
        import pyarrow as pa

        tables = [pa.Table.from_pandas(chunk, preserve_index=False) for chunk in self.chunks(progress)]
        return pa.concat_tables(tables, promote_options="permissive")

    def to_polars(self, progress: bool | None = None) -> "polars.DataFrame":
        """All rows; the memory is shared with Arrow."""
        try:
            import polars
        except ImportError as error:
            raise ImportError("Polars is not installed: pip install 'ahgd-ops[polars]'.") from error
        found = polars.from_arrow(self.to_arrow(progress))
        assert isinstance(found, polars.DataFrame)  # noqa: S101  (a table gives no series)
        return found

    def to_pandas(self, progress: bool | None = None) -> pd.DataFrame:
        """All rows in one frame: what lazy frames are there to avoid."""
        return pd.concat(list(self.chunks(progress)))

    # How

    def _slice(self, wanted: slice) -> pd.DataFrame:
        start, step = 0 if wanted.start is None else wanted.start, 1 if wanted.step is None else wanted.step
        if wanted.stop is not None and min(start, wanted.stop, step) >= 0:
            rows = range(start, wanted.stop, step)  # there may be fewer, for which nothing has to be counted
        else:
            rows = range(*wanted.indices(len(self)))
        if not rows:
            return self._shown(self.paginated.reader.rows(0, 0))
        found = self.paginated.reader.rows(min(rows[0], rows[-1]), max(rows[0], rows[-1]) + 1)
        return self._shown(found if step == 1 else found[::step] if step > 0 else found[::-1][::-step])

    def _selected(self, condition: Condition) -> pd.DataFrame:
        if condition.frame.paginated is not self.paginated:
            raise TypeError("The condition is about columns of another lazy frame.")
        return self._shown(self.paginated.reader.filtered(condition.expression))

    def _masked(self, mask: "np.ndarray[Any, Any]") -> pd.DataFrame:
        """One truth value for each row: only pages in which one is true are read."""
        if len(mask) != len(self):
            raise ValueError(f"The mask has {len(mask)} values for {len(self)} rows.")
        return self._numbered(np.flatnonzero(mask))

    def _numbered(self, rows: "np.ndarray[Any, Any]") -> pd.DataFrame:
        """Rows by number, in the order given."""
        size = self.paginated.page_size
        pages = [self.paginated.reader.page(int(number)) for number in np.unique(rows // size)]
        found = pd.concat(pages) if pages else self.paginated.reader.rows(0, 0)
        return self._shown(found.loc[rows])

    def _shown(self, frame: pd.DataFrame) -> pd.DataFrame:
        """With the types of the whole and the columns that are wanted."""
        if not self.exact_dtypes:
            return self._narrow(natural(frame))
        found = frame.copy(deep=False)
        for place, dtype in enumerate(self._types()):
            if frame.dtypes.iloc[place] != dtype:
                found.isetitem(place, _cast(frame.iloc[:, place], dtype))
        return self._narrow(found)

    def _types(self) -> list[Any]:
        """Of all columns of the query, found out once for each version of the data."""
        return self.paginated.reader.kept("types", lambda: whole_types(self.paginated.reader))

    def _sample(self) -> pd.DataFrame:
        """A page, which says the columns even when it is empty."""
        return self.paginated.reader.page(0)

    def _narrow(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame if self._columns is None else frame.iloc[:, list(self._columns)]

    def _places(self, names: Any) -> list[int]:
        """Positions of columns among those of the query. Raises KeyError, with the names that there are."""
        shown = [str(name) for name in self.columns]
        missing = [name for name in names if name not in shown]
        if missing:
            raise KeyError(f"No column {missing[0]!r}. There are: {', '.join(shown)}.")
        everywhere = range(len(shown)) if self._columns is None else list(self._columns)
        return [everywhere[shown.index(name)] for name in names]


class _Rows:
    """``lazy.iloc[rows]`` and ``lazy.iloc[rows, columns]``, both by number."""

    def __init__(self, frame: LazyDataFrame) -> None:
        self._frame = frame

    def __getitem__(self, wanted: Any) -> Any:
        rows, columns = wanted if isinstance(wanted, tuple) else (wanted, slice(None))
        if isinstance(rows, slice):
            return self._frame[rows].iloc[:, columns]
        if isinstance(rows, int | np.integer):
            return self._frame._numbered(np.array([self._number(int(rows))])).iloc[0].iloc[columns]
        if _is_mask(rows):
            return self._frame[rows].iloc[:, columns]
        return self._frame._numbered(np.array([self._number(int(row)) for row in rows], dtype=int)).iloc[:, columns]

    def _number(self, row: int) -> int:
        total = len(self._frame)
        if not -total <= row < total:
            raise IndexError(f"There is no row {row}: there are {total}, numbered from 0.")
        return row + total if row < 0 else row


def _is_mask(wanted: Any) -> bool:
    return isinstance(wanted, pd.Series | np.ndarray | list) and len(wanted) > 0 and np.asarray(wanted).dtype == bool


def _cast(series: "pd.Series[Any]", dtype: Any) -> Any:
    """As it is where its values are not of that type after all: it changed meanwhile."""
    try:
        return series.astype(dtype)
    except (TypeError, ValueError):
        return series
