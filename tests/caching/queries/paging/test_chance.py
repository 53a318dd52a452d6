"""An order that is another one when the next page is asked for would never end, or lose rows: it is refused."""

from pathlib import Path
from typing import Any

import pytest

from caching import NoKey, QueryOptimizer
from tests.caching.queries.paging.reading import asked, pages

pytestmark = pytest.mark.once

BORN = "CREATE TABLE t (id INTEGER PRIMARY KEY, born TEXT); INSERT INTO t VALUES (1, '2020-01-01'), (2, '2021-01-01')"
AGES = "SELECT id, julianday('now') - julianday(born) AS age FROM t"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT id FROM t ORDER BY random()", "chance"),
        ("SELECT code FROM (SELECT random() AS code FROM t) AS inside ORDER BY code", "chance"),
        ("SELECT id, count(*) + random() AS n FROM t GROUP BY id", "chance"),
        ("AGES ORDER BY age DESC", "clock"),
        ("SELECT id FROM t ORDER BY julianday() - julianday(born)", "clock"),
        ("SELECT id FROM t ORDER BY unixepoch('now') - unixepoch(born)", "clock"),
        ("SELECT id FROM t ORDER BY CURRENT_TIMESTAMP > born", "clock"),
        ("SELECT DISTINCT strftime('%s', 'now') - born AS age FROM t", "clock"),
        ("SELECT age, count(*) AS n FROM (AGES) GROUP BY age", "clock"),
        ("WITH a AS (AGES) SELECT id, age * 2 AS twice FROM a ORDER BY twice", "clock"),
        ("SELECT id, born FROM t UNION AGES", "clock"),
    ],
)
def test_an_order_that_moves_is_refused(tmp_path: Path, cache: Any, sql: str, says: str) -> None:
    with asked(tmp_path, cache, BORN) as optimizer, pytest.raises(NoKey, match=rf"depends on (the )?{says}"):
        pages(optimizer, sql.replace("AGES", AGES))


@pytest.mark.parametrize(
    "sql",
    [
        "AGES ORDER BY id",
        "SELECT id FROM t WHERE born < datetime('now') ORDER BY date(born)",
        "SELECT id, count(*) AS n FROM t WHERE julianday('now') > julianday(born) GROUP BY id",
        "SELECT id, count(*) AS n, max(age) AS age FROM (AGES) GROUP BY id",
        "SELECT id FROM t ORDER BY CASE born WHEN 'now' THEN 0 ELSE 1 END",
    ],
)
def test_the_clock_elsewhere_in_a_query_is_no_matter(tmp_path: Path, cache: Any, sql: str) -> None:
    with asked(tmp_path, cache, BORN) as optimizer:
        assert pages(optimizer, sql.replace("AGES", AGES)) == [1, 2]


@pytest.mark.parametrize("moving", ["now() - born", "age(born)", "'now'::timestamp - born", "localtimestamp - born"])
def test_an_age_is_no_order_in_postgresql(postgresql: QueryOptimizer, moving: str) -> None:
    postgresql.execute_query("CREATE TABLE s1.t (id int PRIMARY KEY, born timestamp)")
    with pytest.raises(NoKey, match="clock"):
        pages(postgresql, f"SELECT id, {moving} AS age FROM s1.t ORDER BY age")  # noqa: S608  (of the table above)
    assert pages(postgresql, "SELECT id FROM s1.t ORDER BY age(born, '2020-01-01'::timestamp)") == []


def test_rows_that_are_drawn_are_others_with_each_page(duckdb_path: Path) -> None:
    with (
        QueryOptimizer(duckdb_path, read_only=True) as optimizer,
        pytest.raises(NoKey, match="rows are drawn by chance"),
    ):
        pages(optimizer, "SELECT id FROM health_data USING SAMPLE 5 ROWS")
