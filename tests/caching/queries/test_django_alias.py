"""``QueryOptimizer`` over an alias of Django's, on the engine of this run: its connections, and its transactions."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from caching import CacheManager, PaginatedQuery, QueryOptimizer
from caching.queries.errors import QueryFailed, QueryTimedOut, ReadOnly, UnknownName
from monitoring import automatic
from tests.caching.queries import databases as made

pytestmark = pytest.mark.django_db(transaction=True)
ALL = "SELECT * FROM health_data"
SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n WHERE x < 0",
    "postgresql": "SELECT pg_sleep(600)",
}


@pytest.fixture
def optimizer(transactional_db: None, cache: CacheManager) -> Iterator[QueryOptimizer]:
    with QueryOptimizer("default", cache) as one:
        made.fill(one)
        yield one
        one.execute_query(f"DROP TABLE {made.TABLE}")


def test_it_reads_writes_and_caches(optimizer: QueryOptimizer) -> None:
    found = optimizer.execute_query(f"{ALL} WHERE state = ? ORDER BY id", ["NSW"], cache_ttl=60)
    assert found["id"].tolist() == [3, 6, 9, 12]
    optimizer.execute_query(f"{ALL} WHERE state = ? ORDER BY id", ["NSW"], cache_ttl=60)
    assert sum(one.cached for one in optimizer.get_statistics()) == 1
    assert optimizer.execute_query("UPDATE health_data SET state = ? WHERE id = ?", ["VIC", 3]) == 1
    found = optimizer.execute_query(f"{ALL} WHERE state = ? ORDER BY id", ["NSW"], cache_ttl=60)
    assert found["id"].tolist() == [6, 9, 12]


def test_it_reads_in_pages(optimizer: QueryOptimizer) -> None:
    paginated = PaginatedQuery(optimizer, ALL, page_size=5, order_by="year DESC")
    lazy = paginated.to_lazy_dataframe()
    eager = optimizer.execute_query(f"{ALL} ORDER BY year DESC, id")
    assert [len(page) for page in paginated] == [5, 5, 2]
    assert lazy[4:9]["id"].tolist() == eager["id"].tolist()[4:9]
    assert lazy.dtypes.astype(str).tolist() == ["int64", "str", "float64", "float64"]


def test_indexes_and_names_are_those_of_the_database(optimizer: QueryOptimizer) -> None:
    assert optimizer.create_index("health_data", ["state", "year"]) == "idx_health_data_state_year"
    optimizer.optimize_table("health_data")
    with optimizer.database.borrowed() as borrowed:
        found = optimizer.database.indexes(borrowed, "health_data")["idx_health_data_state_year"]
    assert found.columns == ("state", "year")
    with pytest.raises(UnknownName, match="Did you mean 'health_data'"):
        optimizer.create_index("health_dat", "state")


def test_a_statement_that_fails_says_so(optimizer: QueryOptimizer) -> None:
    with pytest.raises(QueryFailed, match="nothing_here"):
        optimizer.execute_query("SELECT nothing_here FROM health_data")
    assert len(optimizer.execute_query(ALL)) == made.ROWS


def test_a_time_out_leaves_a_connection_that_works(optimizer: QueryOptimizer) -> None:
    with pytest.raises(QueryTimedOut):
        optimizer.execute_query(SLOW[connection.vendor], timeout_seconds=0.05)
    assert len(optimizer.execute_query(ALL)) == made.ROWS


def test_it_only_reads_when_told_so(optimizer: QueryOptimizer) -> None:
    reader = QueryOptimizer("default", read_only=True)
    assert len(reader.execute_query(ALL)) == made.ROWS
    with pytest.raises(ReadOnly):
        reader.execute_query("DELETE FROM health_data")
    optimizer.execute_query("DELETE FROM health_data WHERE id = 1")  # the connection itself can write again
    assert len(reader.execute_query(ALL)) == made.ROWS - 1


def test_within_a_transaction_its_own_rows_are_seen_and_not_kept(optimizer: QueryOptimizer) -> None:
    paginated = PaginatedQuery(optimizer, ALL)
    with transaction.atomic():
        optimizer.execute_query(made.INSERT, [99, "NSW", 2020, 1.0])
        assert len(optimizer.execute_query(ALL, cache_ttl=60)) == paginated.total_rows == made.ROWS + 1
        assert sum(len(page) for page in paginated) == made.ROWS + 1
        transaction.set_rollback(True)
    assert len(optimizer.execute_query(ALL, cache_ttl=60)) == paginated.total_rows == made.ROWS


def test_what_others_kept_before_a_transaction_ends_is_forgotten_with_it(optimizer: QueryOptimizer) -> None:
    forgotten: list[int] = []
    optimizer.results.forget_all = lambda: forgotten.append(1)  # type: ignore[method-assign]  # to see when
    with transaction.atomic():
        optimizer.execute_query(made.INSERT, [99, "NSW", 2020, 1.0])
        before = len(forgotten)
    assert (before, len(forgotten)) == (1, 2)


def test_a_slow_query_is_explained_outside_of_transactions_which_that_could_end(optimizer: QueryOptimizer) -> None:
    with QueryOptimizer("default", slow_seconds=0.0) as slow:
        with transaction.atomic():
            slow.execute_query(ALL)
        assert [one.plan for one in slow.get_slow_queries()] == [None]
        slow.execute_query(ALL)
        assert None not in [one.plan for one in slow.get_slow_queries()]


def test_its_queries_are_measured_once_by_djangos_connections(optimizer: QueryOptimizer) -> None:
    automatic.executions.take()
    optimizer.execute_query(ALL)
    done, _, _ = automatic.executions.take()
    assert [asked[2] for asked, *_ in done if made.TABLE in asked[2]] == [ALL]
