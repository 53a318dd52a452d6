"""An optimizer that only reads: neither a statement nor a connection of it can write."""

from pathlib import Path

import pytest

from caching import QueryOptimizer
from caching.queries.errors import QueryFailed, ReadOnly
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once  # these bring their databases along


@pytest.mark.parametrize("kind", made.KINDS)
def test_nothing_can_be_written_when_it_only_reads(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    with QueryOptimizer(made.TARGETS[kind](request, tmp_path), read_only=True) as optimizer:
        assert optimizer.execute_query("SELECT 1 AS one")["one"].tolist() == [1]
        for statement in ("DELETE FROM health_data", "WITH a AS (SELECT 1) INSERT INTO t SELECT 1", "nonsense"):
            with pytest.raises(ReadOnly, match="read only"):
                optimizer.execute_query(statement)
        with pytest.raises(ReadOnly):
            optimizer.execute_query("SELECT 1; DROP TABLE health_data")


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_the_connection_itself_refuses_to_write(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    with (
        QueryOptimizer(made.TARGETS[kind](request, tmp_path), read_only=True) as optimizer,
        optimizer.database.borrowed() as connection,
        optimizer.database.statement(connection, None),
        pytest.raises(optimizer.database.driver_errors, match=r"(?i)read-?\s?only|readonly"),
    ):
        optimizer.database.cursor(connection).execute("CREATE TABLE t (a INTEGER)")


def test_a_reader_of_postgresql_cannot_be_made_a_writer(postgresql_url: str) -> None:
    with QueryOptimizer(postgresql_url) as optimizer:
        made.fill(optimizer)
        optimizer.execute_query(
            "CREATE OR REPLACE FUNCTION emptied() RETURNS int LANGUAGE plpgsql AS "
            "$$ BEGIN DELETE FROM health_data; RETURN 1; END $$"
        )
    with QueryOptimizer(postgresql_url, read_only=True, pool_size=1) as reader:
        reader.execute_query("SELECT set_config('default_transaction_read_only', 'off', false)")
        with pytest.raises(QueryFailed, match="read-only transaction"):
            reader.execute_query("SELECT emptied()")
        with pytest.raises(QueryFailed, match="read-write mode"):
            reader.execute_query("SELECT set_config('transaction_read_only', 'off', true), emptied()")
        assert len(reader.execute_query("SELECT id FROM health_data")) == made.ROWS


def test_a_transaction_that_is_left_open_ends_with_its_statement(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for kind in made.KINDS:
        with QueryOptimizer(made.TARGETS[kind](request, tmp_path), pool_size=1) as optimizer:
            for _ in range(2):  # the second one would be refused inside the first
                optimizer.execute_query("BEGIN TRANSACTION", return_dataframe=False)
