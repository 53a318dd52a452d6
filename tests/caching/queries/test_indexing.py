"""Indexes and statistics: made once, by names that exist, under names that no other index has."""

from pathlib import Path

import pytest

from caching import QueryOptimizer
from caching.queries.databases.base import Index
from caching.queries.errors import QueryFailed, UnknownName
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along


def test_an_index_is_made_once_and_used(optimizer: QueryOptimizer) -> None:
    name = optimizer.create_index("health_data", ["state", "year"])
    assert optimizer.create_index("HEALTH_DATA", ["State", "year"]) == name == "idx_health_data_state_year"
    with optimizer.database.borrowed() as connection:
        assert optimizer.database.indexes(connection, "health_data")[name].columns == ("state", "year")


def test_asking_for_an_index_that_is_there_forgets_no_result(optimizer: QueryOptimizer) -> None:
    optimizer.create_index("health_data", "state")
    for _ in range(2):
        optimizer.execute_query(made.ALL, cache_ttl=60)
        optimizer.create_index("health_data", "state")
    assert sum(one.cached for one in optimizer.get_statistics()) == 1


@pytest.mark.parametrize(
    ("table", "columns", "says"),
    [
        ("health_dat", ["state"], "Did you mean 'health_data'?"),
        ('health_data" (state); DROP TABLE health_data; --', ["state"], "is no table"),
        ("health_data", ["stat"], "There are: id, state, year, rate."),
        ("health_data", ["state); DROP TABLE health_data; --"], "is no column of health_data"),
        ("health_data", ['"state"'], "is no column of health_data"),
        ("sqlite_master", ["name"], "is no table"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_and_told(
    sqlite: QueryOptimizer, table: str, columns: list[str], says: str
) -> None:
    with pytest.raises(UnknownName, match="There are") as refused:
        sqlite.create_index(table, columns)
    assert says in str(refused.value)
    assert len(sqlite.execute_query(made.ALL)) == made.ROWS


def test_no_kind_of_database_is_given_sql_in_a_name(optimizer: QueryOptimizer) -> None:
    with pytest.raises(UnknownName, match="is no table"):
        optimizer.create_index('health_data" (state); DROP TABLE health_data; --', ["state"])
    with pytest.raises(UnknownName, match="is no column of health_data"):
        optimizer.create_index("health_data", ["state); DROP TABLE health_data; --"])
    assert len(optimizer.execute_query(made.ALL)) == made.ROWS


def test_statistics_are_renewed_for_a_table_that_exists(optimizer: QueryOptimizer) -> None:
    optimizer.optimize_table("health_data")
    with pytest.raises(UnknownName):
        optimizer.optimize_table("health_data; DROP TABLE health_data")


def test_odd_names_are_quoted(sqlite: QueryOptimizer) -> None:
    sqlite.execute_query('CREATE TABLE "a ""b"";--" ("sel ect" INTEGER, "é" TEXT)')
    name = sqlite.create_index('a "b";--', ["sel ect", "é"])
    with sqlite.database.borrowed() as connection:
        assert sqlite.database.indexes(connection, 'a "b";--')[name].columns == ("sel ect", "é")


def test_tables_whose_indexes_are_called_the_same_have_one_each(optimizer: QueryOptimizer) -> None:
    optimizer.execute_query("DROP TABLE IF EXISTS health")
    optimizer.execute_query("CREATE TABLE health (data_state VARCHAR(3))")
    first = optimizer.create_index("health", "data_state")
    second = optimizer.create_index("health_data", "state")
    assert first == "idx_health_data_state" != second
    assert second == optimizer.create_index("health_data", "state")
    unique = optimizer.create_index("health_data", ["id", "state"], unique=True)
    assert unique == "idx_health_data_id_state_unique" != optimizer.create_index("health_data", ["id", "state"])
    with optimizer.database.borrowed() as connection:
        assert optimizer.database.indexes(connection, "health") == {first: Index(("data_state",), is_unique=False)}
        assert optimizer.database.indexes(connection, "health_data")[second].columns == ("state",)
    with pytest.raises(QueryFailed, match="Give another name"):
        optimizer.create_index("health_data", "year", name=first)
    optimizer.execute_query("DROP TABLE health")


def test_a_long_name_of_an_index_stays_apart_from_its_neighbours(sqlite: QueryOptimizer) -> None:
    long = "c" * 70
    sqlite.execute_query(f"CREATE TABLE t ({long}1 INTEGER, {long}2 INTEGER)")
    names = {sqlite.create_index("t", f"{long}{n}") for n in (1, 2)}
    assert len(names) == 2
    assert max(map(len, names)) <= 63


def test_a_name_longer_than_postgresql_keeps_is_cut_as_it_cuts(postgresql_url: str) -> None:
    with QueryOptimizer(postgresql_url) as optimizer:
        made.fill(optimizer)
        long = "ä" * 40
        for _ in range(2):
            assert optimizer.create_index("health_data", "state", name=long) == "ä" * 31


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_name_that_differs_in_case_only_is_the_same(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    with QueryOptimizer(made.TARGETS[kind](request, tmp_path)) as optimizer:
        assert optimizer.create_index("health_data", "state", name="IX1") == "IX1"
        assert optimizer.create_index("health_data", "state", name="ix1") == "IX1"


def test_an_index_that_is_not_unique_is_none_that_is(optimizer: QueryOptimizer) -> None:
    optimizer.create_index("health_data", "rate", name="by_rate")
    with pytest.raises(QueryFailed, match="called 'by_rate', not unique, of rate"):
        optimizer.create_index("health_data", "rate", name="by_rate", unique=True)
    optimizer.create_index("health_data", "id", name="by_id", unique=True)
    assert optimizer.create_index("health_data", "id", name="by_id") == "by_id"
