"""Selectors: what a condition restricts, never more than that."""

import pytest

from alerts.conditions import Selector, Subject, parse

BOTH = frozenset(Subject)


def selector(text: str) -> Selector:
    return parse(text).selector


@pytest.mark.parametrize(
    ("text", "names", "prefixes"),
    [
        ("name == 'a' and value > 5", {"a"}, ()),
        ("'a' == name and value > 5", {"a"}, ()),
        ("metric.name == 'a' and value > 5", {"a"}, ()),
        ("value > 5 and (value < 9 and name == 'a')", {"a"}, ()),
        ("name in ('a', 'b') and value > 5", {"a", "b"}, ()),
        ("name == 'a' or name == 'b'", {"a", "b"}, ()),
        ("name == 'a' and value > 5 or name == 'b' and value > 9", {"a", "b"}, ()),
        ("name in ['a', 'b'] and name in ['b', 'c']", {"b"}, ()),
        ("name in ['a', 'b'] and name != 'a'", {"a", "b"}, ()),
        ("name == 'a' and name == 'b'", set(), ()),
        ("name == 'a' or value > 5", None, ()),
        ("not (name == 'a')", None, ()),
        ("not (name != 'a')", {"a"}, ()),
        ("not (name != 'a' or value < 5)", {"a"}, ()),
        ("not (name not in ['a', 'b'])", {"a", "b"}, ()),
        ("not (not name == 'a')", {"a"}, ()),
        ("name != 'a'", None, ()),
        ("name not in ['a']", None, ()),
        ("name > 'a'", None, ()),
        ("name.lower() == 'a'", None, ()),
        ("name == category", None, ()),
        ("'a' == name == 'a'", {"a"}, ()),
        ("name.startswith('cpu')", None, ("cpu",)),
        ("name.startswith(('cpu', 'disk'))", None, ("cpu", "disk")),
        ("name.startswith('cpu') or name == 'load'", None, ("cpu",)),
        ("name.startswith('cpu') and name == 'cpu_a'", {"cpu_a"}, ()),
        ("name.startswith('cpu') and name in ['cpu_a', 'disk']", {"cpu_a"}, ()),
        ("name.startswith('cpu') and name.startswith('cpu_u')", None, ("cpu_u",)),
        ("name.startswith('cpu') and name.startswith('disk')", set(), ()),
        ("not name.startswith('cpu')", None, ()),
        ("name.endswith('cpu')", None, ()),
        ("name.startswith('cpu') or value > 5", None, ()),
        ("(name == 'a') if value > 5 else (name == 'b')", {"a", "b"}, ()),
        ("value > 5 if name == 'a' else False", {"a"}, ()),
        ("value > 5 if name == 'a' else value > 9", None, ()),
        ("avg('x', '5m') > 5", None, ()),
    ],
)
def test_names_are_taken_from_equality_membership_and_beginnings(
    text: str, names: set[str] | None, prefixes: tuple[str, ...]
) -> None:
    found = selector(text)
    assert found.names == names
    assert found.prefixes == prefixes


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("value > 5", BOTH),
        ("metric.value > 5", {Subject.METRIC}),
        ("status == 'critical'", {Subject.HEALTH}),
        ("health_check and value > 0", {Subject.HEALTH}),
        ("not health_check and value > 0", {Subject.METRIC}),
        ("not (health_check or value > 0)", {Subject.METRIC}),
        ("health_check and status == 'critical' or name == 'a'", BOTH),
        ("duration_ms * 2 > 5", {Subject.HEALTH}),
        ("tags['env'] == 'prod'", {Subject.METRIC}),
        ("tags.get('env', 'prod') == 'prod'", BOTH),
        ("'env' in tags", {Subject.METRIC}),
        ("category == 'a' and status == 'b'", set()),
        ("category is None", BOTH),
        ("category is not None", {Subject.METRIC}),
        ("(value > 5) if health_check else False", {Subject.HEALTH}),
        ("value > (5 if category == 'a' else 9)", {Subject.METRIC}),
        ("1 < value < duration_ms", {Subject.HEALTH}),
        ("not (1 < value < duration_ms)", BOTH),
        ("(5 if 1 < value < duration_ms else 9) > 2", BOTH),
    ],
)
def test_subjects_are_those_that_have_the_facts(text: str, subjects: set[Subject]) -> None:
    assert selector(text).subjects == subjects


def test_category_and_tags_restrict_as_names_do() -> None:
    found = selector("category == 'system' and tags['env'] in ('prod', 'test') and tags.get('mount').startswith('/')")
    assert found.matches("any", "system", {"env": "prod", "mount": "/data"})
    assert not found.matches("any", "web", {"env": "prod", "mount": "/data"})
    assert not found.matches("any", "system", {"env": "dev", "mount": "/data"})
    assert not found.matches("any", "system", {"env": "prod", "mount": "data"})
    assert not found.matches("any", "system", {"env": "prod"})
    assert not found.matches("any", None, {"env": "prod", "mount": "/data"})


def test_only_tags_restricted_on_both_sides_of_an_or_stay_restricted() -> None:
    found = selector("tags['a'] == '1' and tags['b'] == '2' or tags['a'] == '3'")
    assert found.matches("any", None, {"a": "1"})
    assert found.matches("any", None, {"a": "3"})
    assert not found.matches("any", None, {"a": "2", "b": "2"})


def test_a_tag_that_has_to_be_there_restricts_to_series_that_have_it() -> None:
    found = selector("tags['mount'] is not None and value > 5")
    assert found.matches("any", None, {"mount": ""})
    assert not found.matches("any", None, {})
    assert selector("tags['mount'] is None and value > 5").matches("any", None, {})


def test_a_default_counts_as_a_value() -> None:
    assert selector("tags.get('env', 'prod') == 'prod'").matches("any", None, {})


def test_a_health_check_matches_by_name_and_kind() -> None:
    found = selector("health_check and name == 'database'")
    assert found.matches("database", is_health=True)
    assert not found.matches("database")
    assert not found.matches("disk", is_health=True)


def test_names_that_may_begin_in_some_way_are_matched() -> None:
    found = selector("name.startswith('cpu') or name == 'load'")
    assert found.matches_name("cpu_usage_percent")
    assert found.matches_name("load")
    assert not found.matches_name("disk")


def test_a_part_that_can_never_be_true_restricts_nothing_else() -> None:
    assert selector("name == 'a' and False or name == 'b'").names == frozenset("b")
