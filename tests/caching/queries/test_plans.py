"""Plans say what is read whole, and which index would save it."""

from typing import Any

import pytest

from caching import QueryOptimizer
from caching.queries.errors import QueryFailed
from caching.queries.plan_texts import without_values
from caching.queries.plans import read_plan
from caching.signals import query_executed
from tests.caching.queries import databases as made

pytestmark = pytest.mark.once
WHERE = "SELECT * FROM health_data WHERE "


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        (f"{WHERE}state = 'NSW'", ("state",)),
        (f"{WHERE}state = ? AND year > ?", ("state", "year")),
        (f"{WHERE}year BETWEEN 2000 AND 2010 AND state IN ('NSW', 'VIC')", ("state", "year")),
        (f"{WHERE}state = 'NSW' ORDER BY year, rate", ("state", "year", "rate")),
        ("SELECT * FROM health_data ORDER BY year", ("year",)),
        ("SELECT h.id FROM health_data AS h WHERE h.state = 'NSW' AND 3 < h.rate", ("state", "rate")),
        ("UPDATE health_data SET rate = 0 WHERE state = 'NSW'", ("state",)),
        ("DELETE FROM health_data WHERE (year = 2000)", ("year",)),
    ],
)
def test_the_columns_that_rows_are_found_by_are_advised(
    sqlite: QueryOptimizer, sql: str, columns: tuple[str, ...]
) -> None:
    parameters = ["NSW", 2000] if "?" in sql else None
    plan = sqlite.explain(sql, parameters)
    assert [(one.table, one.columns) for one in plan.advice] == [("health_data", columns)]
    assert plan.advice[0].reason.startswith("health_data is read whole")


@pytest.mark.parametrize(
    "sql",
    [
        f"{WHERE}id = 3",
        f"{WHERE}upper(state) = 'NSW'",
        f"{WHERE}state = 'NSW' OR year = 2000",
        "SELECT count(*) FROM health_data",
        "SELECT 1",
    ],
)
def test_nothing_is_advised_where_an_index_is_used_or_would_not_be(sqlite: QueryOptimizer, sql: str) -> None:
    assert sqlite.explain(sql).advice == ()


def test_an_index_that_is_advised_is_used_and_not_advised_again(sqlite: QueryOptimizer) -> None:
    sql = f"{WHERE}state = 'NSW' AND year > 2000"
    (advice,) = sqlite.explain(sql).advice
    sqlite.execute_query(advice.sql)
    plan = sqlite.explain(sql)
    assert (plan.scanned, plan.advice) == ((), ())
    assert "USING INDEX idx_health_data_state_year" in plan.text


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_joined_tables_are_advised_by_what_joins_them(
    request: pytest.FixtureRequest, kind: str, tmp_path: object
) -> None:
    with QueryOptimizer(made.TARGETS[kind](request, tmp_path)) as optimizer:  # type: ignore[arg-type]  # targets of several types
        if kind == "postgresql":
            made.fill(optimizer)
        optimizer.execute_query("DROP TABLE IF EXISTS areas")
        optimizer.execute_query("CREATE TABLE areas (code VARCHAR(3), name TEXT)")
        plan = optimizer.explain("SELECT a.name FROM areas a JOIN health_data h ON h.id = 3 AND a.code = h.state")
        optimizer.execute_query("DROP TABLE areas")
    assert ("areas", ("code",)) in [(one.table, one.columns) for one in plan.advice]


@pytest.mark.parametrize(
    ("vendor", "text", "scanned", "sorts"),
    [
        ("sqlite", "SCAN h\nUSE TEMP B-TREE FOR ORDER BY", ("h",), True),
        ("sqlite", "SCAN t USING COVERING INDEX i", (), False),
        ("sqlite", "SEARCH t USING INDEX i (a=?)", (), False),
        ("sqlite", "CO-ROUTINE n\n  SCAN CONSTANT ROW", (), False),
        ("postgresql", "Sort  (cost=1..2 rows=3)\n  Sort Key: a\n  ->  Seq Scan on t  (cost=0..1)", ("t",), True),
        ("postgresql", "->  Parallel Seq Scan on t x_1  (cost=0..1)\n Filter: (a = 1)", ("x_1",), False),
        ("postgresql", "Index Scan using i on t  (cost=0..1)", (), False),
        ("duckdb", "SEQ_SCAN t", (), False),
    ],
)
def test_a_plan_is_read(vendor: str, text: str, scanned: tuple[str, ...], sorts: bool) -> None:
    plan = read_plan(text, vendor)
    assert (plan.scanned, plan.sorts) == (scanned, sorts)


def test_every_kind_of_database_explains(optimizer: QueryOptimizer) -> None:
    plan = optimizer.explain(f"{WHERE}state = ? AND year > ?", ["NSW", 2000])
    assert "health_data" in plan.text
    assert optimizer.get_statistics() == () or "EXPLAIN" not in optimizer.get_statistics()[0].text


@pytest.mark.parametrize("sql", ["ANALYZE DELETE FROM health_data", "SELECT 1; DELETE FROM health_data", "nonsense"])
def test_what_would_be_executed_is_not_explained(optimizer: QueryOptimizer, sql: str) -> None:
    with pytest.raises(QueryFailed, match="Only one SELECT"):
        optimizer.explain(sql)
    assert len(optimizer.execute_query("SELECT id FROM health_data")) == made.ROWS


def test_planning_for_postgresql_cannot_write(postgresql_url: str) -> None:
    with QueryOptimizer(postgresql_url) as optimizer:
        made.fill(optimizer)
        for name, kind, does in (
            ("inner_", "VOLATILE", "DELETE FROM health_data"),
            ("sly", "IMMUTABLE", "PERFORM inner_()"),
        ):
            optimizer.execute_query(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS int {kind} LANGUAGE plpgsql AS "
                f"$$ BEGIN {does}; RETURN 1; END $$"
            )
        with pytest.raises(QueryFailed, match="read-only transaction"):
            optimizer.explain("SELECT id FROM health_data WHERE id = sly()")
        assert len(optimizer.execute_query("SELECT id FROM health_data")) == made.ROWS


SECRET, NUMBER = "O'Brien, Jane Citizen of 12 Long Street in Hobart", 424242


@pytest.mark.parametrize("given", ["parameters", "literals"])
def test_plans_of_slow_queries_hold_no_values(
    optimizer: QueryOptimizer, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(query_executed, "_receivers", {"test": lambda **news: heard.append(news["plan"])})
    optimizer.execute_query("DROP TABLE IF EXISTS people")
    optimizer.execute_query("CREATE TABLE people (id INTEGER, name TEXT)")
    optimizer.execute_query("INSERT INTO people VALUES (424242, 'Z'), (1, 'A'), (500000, ?)", [SECRET])
    monkeypatch.setattr(optimizer.executor, "_slow_seconds", 0.0)
    written = "'" + SECRET.replace("'", "''") + "'"
    if given == "parameters":
        optimizer.execute_query("SELECT * FROM people WHERE name >= ? AND id > ?", [SECRET, NUMBER])
    else:
        optimizer.execute_query(f"SELECT * FROM people WHERE name >= {written} AND id > {NUMBER}")  # noqa: S608  (the literals are what is tested)
    (slow,) = optimizer.get_slow_queries()
    assert slow.plan is not None
    assert slow.plan == heard[-1]
    assert "people" in slow.plan.text
    assert not [part for part in ("Brien", "Jane", "Hobart", str(NUMBER)) if part in slow.plan.text]


@pytest.mark.parametrize(
    ("vendor", "text", "expected"),
    [
        (
            "postgresql",
            """Seq Scan on t2  (cost=0.1..1 rows=3 width=8)\n  Filter: ((name = 'a''b\nc'::text) AND ("it's" > 7))""",
            """Seq Scan on t2  (cost=0.1..1 rows=3 width=8)\n  Filter: ((name = ?::text) AND ("it's" > ?))""",
        ),
        ("postgresql", "Filter: (year1 = -1.5e3) AND (a = $1)", "Filter: (year1 = ?) AND (a = $1)"),
        ("postgresql", "Filter: (hashed SubPlan 1) OR (a = E'x\\\\y')", "Filter: (hashed SubPlan 1) OR (a = ?)"),
        ("postgresql", "Workers Planned: 2", "Workers Planned: 2"),
        ("duckdb", "  Filters: a='O'Brien' AND n>7, #1", "  Filters: a=? AND n>?, #1"),
        ("duckdb", "  Estimated Cardinality: 20", "  Estimated Cardinality: 20"),
    ],
)
def test_values_are_taken_out_of_a_plan(vendor: str, text: str, expected: str) -> None:
    assert without_values(text, vendor) == expected


def test_slow_queries_are_kept_with_their_plan(sqlite_path: object) -> None:
    with QueryOptimizer(sqlite_path, slow_seconds=0.0) as optimizer:  # type: ignore[arg-type]  # targets of several types
        for state in ("NSW", "VIC"):
            optimizer.execute_query(f"{WHERE}state = ?", [state])
        (slow,) = optimizer.get_slow_queries()
    assert (slow.count, slow.text) == (2, "SELECT * FROM health_data WHERE state = ?")
    assert slow.plan is not None
    assert [one.columns for one in slow.plan.advice] == [("state",)]
    assert slow.slowest_seconds > 0
