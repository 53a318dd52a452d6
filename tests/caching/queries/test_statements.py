"""What is told of a statement, its parameters and its figures."""

import pytest

from caching.queries.parameters import bound, with_question_marks
from caching.queries.shapes import Shape
from caching.queries.statements import statement
from caching.queries.statistics import LAST_DURATIONS, MOST_SHAPES, Statistics

pytestmark = pytest.mark.once


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "duckdb"])
@pytest.mark.parametrize(
    ("sql", "is_read"),
    [
        ("SELECT a FROM t", True),
        ("select a from t union select b from u", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("VALUES (1)", True),
        ("EXPLAIN SELECT 1", True),
        ("INSERT INTO t VALUES (1)", False),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", False),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone", False),
        ("SELECT a INTO u FROM t", False),
        ("UPDATE t SET a = 1", False),
        ("DROP TABLE t", False),
        ("PRAGMA journal_mode = DELETE", False),
        ("SELECT 1; DROP TABLE t", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_what_only_reads_is_told_from_what_may_write(sql: str, is_read: bool, dialect: str) -> None:
    assert statement(sql, dialect).is_read is is_read


def test_tables_are_named_and_what_with_names_is_not_one() -> None:
    found = statement("WITH a AS (SELECT * FROM t) SELECT * FROM a JOIN s.u ON a.x = u.x", "sqlite")
    assert found.tables == {"t", "u"}


def test_spelling_makes_no_other_text_and_values_do() -> None:
    one, same, other = (
        statement(sql, "sqlite").text
        for sql in (
            "SELECT a FROM t WHERE b = 'X'",
            "select a\nfrom t -- why\nwhere b='X'",
            "SELECT a FROM t WHERE b = 'x'",
        )
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("sql", "parameters", "expected"),
    [
        ("a = ?", [1], "a = %s"),
        (
            "a = ? AND b LIKE '%?' AND \"c?\" = ? -- ?\n/* ? */",
            [1, 2],
            "a = %s AND b LIKE '%%?' AND \"c?\" = %s -- ?\n/* ? */",
        ),
        ("a = %s AND b = '?'", [1], "a = %s AND b = '?'"),
        ("f($$?$$) = ? AND $x$ ? $x$ = ?", [1, 2], "f($$?$$) = %s AND $x$ ? $x$ = %s"),
        ("a = '100 %'", None, "a = '100 %'"),
    ],
)
def test_question_marks_become_what_the_driver_takes(sql: str, parameters: list[int] | None, expected: str) -> None:
    assert bound(sql, parameters, "%s", "postgresql")[0] == expected


def test_the_drivers_placeholders_become_question_marks() -> None:
    assert with_question_marks("a = %s AND b LIKE 'x%%'") == "a = ? AND b LIKE 'x%'"
    assert with_question_marks("a = ? AND b LIKE '%s'") == "a = ? AND b LIKE '%s'"


def test_figures_are_by_shape_and_the_costliest_comes_first() -> None:
    statistics = Statistics()
    cheap, dear = Shape("cheap", "a"), Shape("dear", "b")
    for number in range(100):
        statistics.executed(cheap, 0.001 * (number + 1), rows=2, failed=number == 0)
    statistics.executed(dear, 60.0, rows=-1, failed=False)
    statistics.cached(cheap)
    first, second = statistics.all()
    assert (first.query, first.rows) == ("dear", 0)
    assert (second.calls, second.errors, second.cached, second.rows) == (100, 1, 1, 200)
    assert second.total_seconds == pytest.approx(5.05)
    assert second.mean_seconds == pytest.approx(0.0505)
    assert second.p95_seconds == pytest.approx(0.095)
    assert second.slowest_seconds == pytest.approx(0.1)


def test_figures_are_bounded() -> None:
    statistics = Statistics()
    for number in range(MOST_SHAPES + 5):
        statistics.executed(Shape(str(number), ""), 1.0, 0, False)
    for _ in range(LAST_DURATIONS):
        statistics.executed(Shape("5", ""), 0.5, 0, False)
    found = {one.query: one for one in statistics.all()}
    assert len(found) == MOST_SHAPES
    assert "0" not in found
    assert (found["5"].p95_seconds, found["5"].slowest_seconds) == (0.5, 1.0)
