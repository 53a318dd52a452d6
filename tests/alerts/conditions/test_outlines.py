from dataclasses import fields
from types import CodeType
from typing import Any

import pytest

from alerts.conditions import Condition, Truth, metric_facts, parse, tree
from alerts.conditions.outlines import _PARTICULARS

OF_ANY_NODE = {"span", "type"}
CHILDREN = {"operands", "operand", "arguments", "of", "test", "then", "otherwise"}
CONSTANTS = {"Literal": {"value"}, "ListOf": {"values"}, "Entry": {"key"}, "Window": {"question"}}
"""What ``constants_of`` hands to the function, so that the outline is the same whatever it is."""
OF_THE_OUTLINE = {
    "Fact": {"name", "subjects"},
    "Entry": {"default"},
    "Call": {"operator"},
    "Window": {"tells_absence"},
    "Comparison": {"symbols"},
    "Logic": {"joint"},
}


def code_of(condition: Condition) -> tuple[CodeType, tuple[Any, ...]]:
    """What a verdict runs, and the constants it has: the verdict is a plain function, which its type does not say."""
    verdict: Any = condition.verdict
    return verdict.__code__, verdict.__defaults__


NODES = [kind for kind in vars(tree).values() if isinstance(kind, type) and issubclass(kind, tree.Node)]


@pytest.mark.parametrize("kind", NODES)
def test_each_field_of_a_node_is_a_child_a_constant_or_part_of_the_outline(kind: type[tree.Node]) -> None:
    accounted = OF_ANY_NODE | CHILDREN | CONSTANTS.get(kind.__name__, set()) | OF_THE_OUTLINE.get(kind.__name__, set())
    assert {field.name for field in fields(kind)} <= accounted
    assert kind in _PARTICULARS or kind.__name__ not in OF_THE_OUTLINE


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
    (code, constants), (other_code, other_constants) = code_of(parse(one)), code_of(parse(other))
    assert code is other_code
    assert constants != other_constants


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
    assert code_of(parse(one))[0] is not code_of(parse(other))[0]


def test_each_condition_keeps_the_constants_it_was_written_with() -> None:
    conditions = [parse(f"name == 'cpu' and value > {limit}") for limit in range(0, 100, 10)]
    facts = metric_facts(name="cpu", value=45.0, timestamp=0.0)
    assert sum(condition.verdict(facts) is Truth.TRUE for condition in conditions) == 5
