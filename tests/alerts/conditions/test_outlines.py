import pytest

from alerts.conditions import Truth, metric_facts, parse


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("name == 'a' and value > 80", "name  ==  'b' and (value > 90.5)"),
        ("tags['host'] == 'a'", "tags['mount'] == 'b'"),
        ("name in ('a', 'b')", "name in ['c', 'd', 'e']"),
        ("name.startswith(('a', 'b'))", "name.startswith(('c',))"),
        ("avg('a', '5m') > 1", "p95('b', '1h', env='prod') > 2"),
    ],
)
def test_conditions_that_differ_in_constants_only_share_their_code(one: str, other: str) -> None:
    first, second = parse(one).verdict, parse(other).verdict
    assert getattr(first, "__code__") is getattr(second, "__code__")  # noqa: B009
    assert getattr(first, "__defaults__") != getattr(second, "__defaults__")  # noqa: B009


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("value > 80", "value >= 80"),
        ("value == 1", "value == True"),
        ("value > 80", "timestamp > 80"),
        ("metric.name == 'a'", "health_check.name == 'a'"),
        ("tags.get('a') == 'b'", "tags.get('a', 'c') == 'b'"),
        ("absent('a', '5m') and value > 1", "value > 1 and absent('a', '5m')"),
        ("name.count('a') > 1", "len(name) > 1"),
    ],
)
def test_conditions_that_differ_in_more_do_not(one: str, other: str) -> None:
    first, second = parse(one).verdict, parse(other).verdict
    assert getattr(first, "__code__") is not getattr(second, "__code__")  # noqa: B009


def test_each_condition_keeps_the_constants_it_was_written_with() -> None:
    conditions = [parse(f"name == 'cpu' and value > {limit}") for limit in range(0, 100, 10)]
    facts = metric_facts(name="cpu", value=45.0, timestamp=0.0)
    assert sum(condition.verdict(facts) is Truth.TRUE for condition in conditions) == 5
