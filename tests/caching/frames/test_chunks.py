"""All rows of a lazy frame, a page at a time: for a loop, for a terminal, for Arrow and Polars."""

import io

import pandas as pd
import pytest

from caching import LazyDataFrame, PaginatedQuery, QueryOptimizer
from tests.caching.frames.comparing import ALL, eager_of, same
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along


def test_chunks_are_all_of_one_type(lazy: LazyDataFrame) -> None:
    chunks = list(lazy)
    assert [len(chunk) for chunk in chunks] == [5, 5, 2]
    assert len({tuple(map(str, chunk.dtypes)) for chunk in chunks}) == 1
    same(pd.concat(chunks), eager_of(lazy))
    same(lazy.to_pandas(), eager_of(lazy))


def test_a_bar_is_drawn_when_it_is_wanted_or_on_a_terminal(
    sqlite: QueryOptimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        is_terminal = False

        def isatty(self) -> bool:
            return self.is_terminal

    lazy = PaginatedQuery(sqlite, ALL, page_size=5).to_lazy_dataframe()
    for is_terminal, progress, is_drawn in [
        (False, None, False),
        (True, None, True),
        (False, True, True),
        (True, False, False),
    ]:
        screen = Terminal()
        screen.is_terminal = is_terminal
        monkeypatch.setattr("sys.stderr", screen)
        assert sum(len(chunk) for chunk in lazy.chunks(progress)) == made.ROWS
        assert ("12.0/12.0" in screen.getvalue()) is is_drawn


def test_all_rows_go_to_arrow_and_polars(lazy: LazyDataFrame) -> None:
    eager = eager_of(lazy)
    arrow, frame = lazy.to_arrow(), lazy.to_polars()
    assert arrow.num_rows == frame.height == 12
    assert arrow.column("state").to_pylist() == frame["state"].to_list() == eager["state"].tolist()
    assert arrow.column("year").null_count == frame["year"].null_count() == 2
