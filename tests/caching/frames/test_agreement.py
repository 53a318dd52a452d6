"""Lazy frames and eager ones agree: on every kind of database, and while rows come and go."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caching import CacheConfig, CacheManager, LazyDataFrame, PaginatedQuery, QueryOptimizer
from tests.caching.frames.comparing import ALL, CONDITIONS, PLACES, SLICES, eager_of, same, same_places, same_selected
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along


def test_every_kind_of_database_agrees_with_its_frame(lazy: LazyDataFrame) -> None:
    eager = eager_of(lazy)
    for n in (0, 5, 100):
        same(lazy.head(n), eager.head(n))
        same(lazy.tail(n), eager.tail(n))
    for rows in SLICES:
        same(lazy[rows], eager[rows])
    for wanted in PLACES:
        same_places(lazy, eager, wanted)
    for condition in CONDITIONS:
        same_selected(lazy, eager, condition)


bounds = st.one_of(st.none(), st.integers(-60, 60))
steps = st.sampled_from([None, 1, 2, -1, -3])
years = st.one_of(st.none(), st.integers(1990, 2030), st.just(1.5), st.just("unknown"))
writes = st.one_of(
    st.tuples(st.just("insert"), st.integers(-50, 100), years),
    st.tuples(st.just("delete"), st.integers(-50, 100), st.none()),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(writes, bounds, bounds, steps), min_size=1, max_size=8),
    st.integers(1, 7),
    st.sampled_from(["id", "year", "year DESC", "state"]),
)
def test_lazy_and_eager_frames_agree_on_any_slice_while_rows_come_and_go(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Any], page_size: int, order_by: str
) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "property.sqlite3"
    manager = CacheManager(CacheConfig(file_cache_enabled=False))
    if not path.exists():
        made.make_sqlite(path)
    with QueryOptimizer(path, manager) as reader, QueryOptimizer(path, manager) as writer:
        writer.execute_query("DELETE FROM health_data")
        writer.execute_query(f"{made.INTO} {made.MARKS}", made.VALUES)
        lazy = PaginatedQuery(reader, ALL, page_size=page_size, order_by=order_by).to_lazy_dataframe()
        for (what, number, year), start, stop, step in changes:
            if what == "insert":
                writer.execute_query("INSERT OR REPLACE INTO health_data VALUES (?, 'ACT', ?, 0.5)", [number, year])
            else:
                writer.execute_query("DELETE FROM health_data WHERE id = ?", [number])
            eager = reader.execute_query(f"{ALL} ORDER BY {order_by}, id")
            same(lazy[start:stop:step], eager[start:stop:step])
            assert len(lazy) == len(eager)
            same(lazy.tail(3), eager.tail(3))
    manager.close()
