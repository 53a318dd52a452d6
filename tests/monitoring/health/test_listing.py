import pytest

from monitoring.health.listing import listed


@pytest.mark.parametrize(
    ("texts", "said"), [([], ""), (["a", "b"], "a; b"), (["a", "b", "c", "d"], "a; b; and 2 more")]
)
def test_the_first_few_are_named_and_the_others_counted(texts: list[str], said: str) -> None:
    assert listed(texts, 2) == said


def test_names_stand_between_commas_where_that_is_asked_for() -> None:
    assert listed(["a", "b", "c"], 2, ", ") == "a, b, and 1 more"
