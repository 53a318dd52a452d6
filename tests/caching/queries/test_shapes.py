import pytest

from caching.queries.shapes import shape

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@pytest.mark.parametrize("vendor", [SQLITE, POSTGRESQL])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM t WHERE b = 5", "SELECT a FROM t WHERE b = 6"),
        ("SELECT a FROM t WHERE b = %s", "SELECT a FROM t WHERE b = 'secret'"),
        ("SELECT a FROM t WHERE b IN (%s, %s)", "SELECT a FROM t WHERE b IN (%s, %s, %s, %s)"),
        ("INSERT INTO t (a) VALUES (%s)", "INSERT INTO t (a) VALUES (%s), (%s)"),
        ("SELECT a  FROM t -- why\n WHERE b = 1", "SELECT a FROM t WHERE b = 1"),
        ('SAVEPOINT "s1_x1"', 'SAVEPOINT "s2_x7"'),
    ],
)
def test_queries_that_differ_in_values_only_have_one_shape(one: str, other: str, vendor: str) -> None:
    assert shape(one, vendor) == shape(other, vendor)


def test_other_tables_are_other_shapes() -> None:
    assert shape("SELECT a FROM t", SQLITE) != shape("SELECT a FROM u", SQLITE)


def test_a_name_says_what_is_done_to_which_table() -> None:
    assert shape('SELECT "x"."a" FROM "x" WHERE "x"."b" = %s', SQLITE).name.startswith("SELECT x ")


@pytest.mark.parametrize(
    "sql", ["SELECT 'secret' FROM", "nonsense 'secret' ((", "SELECT 'secret'", "COPY t FROM 'secret'"]
)
@pytest.mark.parametrize("vendor", [SQLITE, POSTGRESQL, "unheard of"])
def test_no_value_stays_in_a_text_however_odd(sql: str, vendor: str) -> None:
    found = shape(sql, vendor)
    assert "secret" not in found.text + found.name


def test_a_text_without_end_is_cut() -> None:
    assert len(shape("SELECT " + ", ".join("a" for _ in range(100_000)), SQLITE).text) < 100_000
