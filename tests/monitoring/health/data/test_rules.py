import pytest

from monitoring.health.data.rules import Rules, RulesRefused


def test_rules_are_read_and_name_their_columns() -> None:
    written = {"columns": ["a"], "nulls": {"b": 0.1}, "ranges": {"c": [0, None]}, "rows": [5, 10], "unique": ["a", "d"]}
    rules = Rules.parse(written)
    assert (rules.rows, rules.ranges["c"], rules.nulls["b"]) == ((5, 10), (0, None), 0.1)
    assert rules.wanted == ("a", "b", "c", "d")


def test_without_rules_a_file_has_to_have_a_row() -> None:
    assert Rules.parse({}).rows == (1, None)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ([], "no object"),
        ({"colums": []}, "There is no rule 'colums'"),
        ({"columns": "a"}, "lists of names"),
        ({"unique": [1]}, "lists of names"),
        ({"nulls": {"a": 2}}, "a share from 0 to 1"),
        ({"nulls": {"a": True}}, "a share from 0 to 1"),
        ({"ranges": {"a": [1]}}, "two bounds"),
        ({"ranges": {"a": [2, 1]}}, "lower bound"),
        ({"ranges": {"a": [1, "x"]}}, "lower bound"),
        ({"ranges": {"a": [float("nan"), 1]}}, "numbers, texts or null"),
        ({"rows": [0.5, None]}, "number of rows"),
        ({"rows": [-1, None]}, "number of rows"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_write(written: object, says: str) -> None:
    with pytest.raises(RulesRefused, match=says):
        Rules.parse(written)
