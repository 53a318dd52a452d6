"""Keys of DuckDB, which are read and compared as texts, since a frame cannot hold all that DuckDB tells apart."""

from pathlib import Path
from typing import Any

import pytest

from caching import PaginatedQuery, QueryOptimizer

pytestmark = pytest.mark.once

TYPED, TYPED_ROWS = "SELECT id FROM t", "INSERT INTO t{} SELECT n, {} FROM range(23) r(n)"
DUCKDB_TYPES = {  # each with values for the numbers n; every second one is read from the last on
    "ENUM('low', 'mid', 'high')": "(['low', 'mid', 'high'])[1 + (n % 3)::INT]",
    "DOUBLE": "CASE WHEN n % 2 = 0 THEN 'nan' WHEN n % 3 = 0 THEN NULL ELSE n::VARCHAR END",
    "FLOAT": "(n % 5) / 10.0",
    "TIMESTAMP_NS": "make_timestamp_ns(1700000000000000000 + n)",
    "TIMESTAMPTZ": "TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL (n) HOUR",
    "DATE": "DATE '1500-01-01' + (n % 5)::INT",
    "HUGEINT": "100000000000000000000 + n",
    "DECIMAL(38, 6)": "100000000000000000.000001::DECIMAL(38, 6) + n % 5",
    "BIGINT": "CASE WHEN n % 7 > 0 THEN 9007199254740993 + n END",
    "BLOB": "('k' || n)::BLOB",
    "BOOLEAN": "CASE n % 3 WHEN 1 THEN true WHEN 2 THEN false END",
    "INTEGER[]": "[n % 2, n]",
    "UUID": "gen_random_uuid()",
    "VARCHAR": "CASE WHEN n % 3 > 0 THEN 'it''s ' || n END",
}


def test_keys_of_every_type_of_duckdb_are_continued_from(tmp_path: Path, cache: Any) -> None:
    import duckdb

    path = tmp_path / "typed.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("BEGIN")
        for number, (kind, value) in enumerate(DUCKDB_TYPES.items()):
            connection.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, v {kind})")
            connection.execute(TYPED_ROWS.format(number, value))
        connection.execute("COMMIT")
    with QueryOptimizer(path, cache) as optimizer:
        for number, kind in enumerate(DUCKDB_TYPES):
            order = "v DESC" if number % 2 else "v"
            expected = optimizer.execute_query(f"{TYPED}{number} ORDER BY {order}, id")["id"].tolist()
            paginated = PaginatedQuery(optimizer, f"{TYPED}{number}", 4, order, prefetch_pages=0)
            assert [n for page in paginated for n in page["id"]] == expected, kind
            assert paginated.get_page(4)["id"].tolist() == expected[16:20], kind
