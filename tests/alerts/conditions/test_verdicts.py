"""What accepted conditions say: every fact, operator, method and function."""

import pytest

from alerts.conditions import Facts, Truth, health_facts, metric_facts
from tests.alerts.conditions.subjects import HEALTH, METRIC, judged

TRUE_ON_METRIC = [
    # facts, plain and after their name space
    "name == 'memory_usage_percent'",
    "category == 'system'",
    "timestamp > 1759999999",
    "metric.name == 'memory_usage_percent' and metric.value == 90 and metric.category == 'system'",
    "metric.tags['env'] == 'prod' and metric.metadata['limit'] == 80 and metric.timestamp > 0",
    "not health_check",
    # comparisons
    "value > 80",
    "value >= 90",
    "value < 91",
    "value <= 90",
    "value == 90",
    "value != 91",
    "80 < value < 100",
    "80 < value <= 90 != 91",
    "name < 'n'",
    "name in ['memory_usage_percent', 'cpu_usage_percent']",
    "name in ('memory_usage_percent',)",
    "name in {'memory_usage_percent'}",
    "name not in ['a', 'b']",
    "value in [90, 91]",
    "'usage' in name",
    "'usages' not in name",
    "'env' in tags",
    "'rack' not in tags",
    "'limit' in metadata",
    # presence
    "tags['rack'] is None",
    "tags['env'] is not None",
    "status is None",
    "metadata['nothing'] is None",
    # logic
    "value > 80 and name == 'memory_usage_percent'",
    "value > 95 or name == 'memory_usage_percent'",
    "not value > 95",
    "value > 80 and True",
    # arithmetic
    "value + 10 == 100",
    "value - 10 == 80",
    "value * 2 == 180",
    "value / 4 == 22.5",
    "value // 4 == 22",
    "value % 4 == 2",
    "value ** 2 == 8100",
    "-value == -90",
    "+value == 90",
    "name + '!' == 'memory_usage_percent!'",
    "(value > 80) + (value > 100) == 1",
    # choice
    "value > (80 if tags['env'] == 'prod' else 95)",
    "True if value > 80 else False",
    # entries
    "tags['env'] == 'prod'",
    "tags.get('env') == 'prod'",
    "tags.get('rack', 'none') == 'none'",
    "tags.get('env', 'none') == 'prod'",
    "tags.get('rack', None) is None",
    "metadata['unit'] == 'percent'",
    "value > metadata['limit']",
    "metadata.get('limit', 5) == 80",
    "metadata.get('other', 5) == 5",
    "metadata['strict']",
    "metadata['strict'] and value > 80",
    "metadata['limit'] + metadata['limit'] == 160",
    "metadata['unit'] + metadata['unit'] == 'percentpercent'",
    "metadata['unit'] != 5",
    # index and slice
    "name[0] == 'm'",
    "name[-1] == 't'",
    "name[:6] == 'memory'",
    "name[7:12] == 'usage'",
    "name[-7:] == 'percent'",
    "tags['mount'][0] == '/'",
    # methods
    "name.startswith('memory')",
    "name.startswith(('cpu', 'memory'))",
    "name.endswith('percent')",
    "name.endswith(('bytes', 'percent'))",
    "tags['env'].startswith('p')",
    "metadata['unit'].startswith('p')",
    "name.lower() == 'memory_usage_percent'",
    "name.upper() == 'MEMORY_USAGE_PERCENT'",
    "(' ' + name + ' ').strip() == name",
    "name.strip('mt').startswith('emory')",
    "name.count('e') == 4",
    "name.replace('usage', 'use') == 'memory_use_percent'",
    # functions
    "abs(value - 100) == 10",
    "min(value, 50) == 50",
    "max(value, 50, 95) == 95",
    "len(name) == 20",
    "len(tags) == 3",
    "len(['a', 'b']) < value",
    "int(value / 4) == 22",
    "int(tags['port']) == 80",
    "float(tags['port']) == 80",
    "str(value) == '90.0'",
    "bool(value)",
    "not bool(value - 90)",
    "bool(name)",
    "round(value / 7) == 13",
    "round(value / 7, 2) == 12.86",
    # texts of all spellings
    'name == "memory_usage_percent"',
    "name == 'memory' '_usage_percent'",
    r"name != '\u00e9\n\t\\'",
    r"name != r'\d'",
    "name != 'Größe 5 m²'",
    "\n  value > 80\n  and value < 100\n",
]

TRUE_ON_HEALTH = [
    "health_check and status == 'critical'",
    "health_check.status in ('critical', 'unknown')",
    "status in ('critical', 'unknown')",
    "name == 'database'",
    "value == 1",
    "health_check.value > 0",
    "duration_ms > 100",
    "'refused' in message",
    "message.lower().startswith('connection')",
    "metadata['attempts'] >= 3",
    "health_check.metadata.get('attempts') == 3",
    "category is None and tags is None",
    "len(message) > 5",
]


@pytest.mark.parametrize("text", TRUE_ON_METRIC)
def test_a_condition_is_true_of_a_metric(text: str) -> None:
    assert judged(text, METRIC) is Truth.TRUE


@pytest.mark.parametrize("text", TRUE_ON_HEALTH)
def test_a_condition_is_true_of_a_health_check(text: str) -> None:
    assert judged(text, HEALTH) is Truth.TRUE


@pytest.mark.parametrize(
    "text",
    [
        "value > 90",
        "value < 90",
        "name == 'cpu_usage_percent' and value > 80",
        "80 < value < 90",
        "value in []",
        "value in [True, 'a']",
        "name in ['a', 90]",
        "tags['env'] == 'dev'",
        "metadata['limit'] == 'eighty'",
        "not metadata['strict']",
        "False if value > 80 else True",
        "name.startswith(('cpu', 'disk'))",
    ],
)
def test_a_condition_is_false_of_a_metric(text: str) -> None:
    assert judged(text, METRIC) is Truth.FALSE


@pytest.mark.parametrize(
    ("facts", "verdict"), [(METRIC, Truth.FALSE), (HEALTH, Truth.TRUE)], ids=["metric", "health check"]
)
def test_health_check_tells_the_kinds_of_subject_apart(facts: Facts, verdict: Truth) -> None:
    assert judged("health_check and value > 0", facts) is verdict


@pytest.mark.parametrize("status", ["warning", "critical", "unknown"])
def test_the_value_of_a_health_check_is_one_unless_it_is_healthy(status: str) -> None:
    assert health_facts(name="disk", status=status, timestamp=0.0).value == 1
    assert health_facts(name="disk", status="healthy", timestamp=0.0).value == 0


@pytest.mark.parametrize("text", ["value == 0 or 100 / value > 2", "value != 0 and 100 / value > 2 or value == 0"])
def test_a_short_circuit_spares_the_division_by_zero(text: str) -> None:
    assert judged(text, METRIC._replace(value=0.0)) is Truth.TRUE


def test_a_choice_computes_only_the_branch_it_takes() -> None:
    assert judged("(1 / value if value != 0 else 0) == 0", METRIC._replace(value=0.0)) is Truth.TRUE


def test_a_chain_stops_at_its_first_false_pair() -> None:
    assert judged("1 < value < 10 / (value - 0)", METRIC._replace(value=0.0)) is Truth.FALSE


def test_only_true_counts_as_true() -> None:
    assert [bool(truth) for truth in (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)] == [True, False, False]


def test_whole_numbers_and_truth_values_are_facts_too() -> None:
    assert judged("value == 3", metric_facts(name="jobs", value=3, timestamp=0.0)) is Truth.TRUE
    assert judged("value == 1", metric_facts(name="up", value=True, timestamp=0.0)) is Truth.TRUE
