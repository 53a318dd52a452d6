import pytest

from alerts.prometheus.conditions import condition_of
from alerts.prometheus.expressions import expression_of
from alerts.prometheus.unmapped import Unmapped

pytestmark = pytest.mark.django_db

BOTH_WAYS = [
    ("up == 0", "name == 'up' and value == 0"),
    ('up{job="web"} < 1', "name == 'up' and tags['job'] == 'web' and value < 1"),
    ('up{job=~"web|db"} < 1', "name == 'up' and tags['job'] in ['web', 'db'] and value < 1"),
    ('up{job!="web"} < 1', "name == 'up' and tags.get('job', '') != 'web' and value < 1"),
    ('up{job=~"web.*"} < 1', "name == 'up' and tags['job'].startswith('web') and value < 1"),
    ("rate(errors_total[5m]) > 0.5", "name == 'errors_total' and rate('errors_total', '5m') > 0.5"),
    (
        'max_over_time(load{host="a"}[1h] offset 1d) >= 2',
        "name == 'load' and tags['host'] == 'a' and max_over_time('load', '1h', offset='1d') >= 2",
    ),
    ("predict_linear(free[6h], 86400) < 0", "name == 'free' and predict_linear('free', '6h', '1d') < 0"),
    ("quantile_over_time(0.9, load[5m]) > 3", "name == 'load' and quantile_over_time(0.9, 'load', '5m') > 3"),
    ('absent_over_time(up{job="web"}[10m])', "absent('up', '10m', job='web')"),
    ("sum(increase(errors_total[5m])) > 100", "increase('errors_total', '5m') > 100"),
    ("(load * 100) > 80", "name == 'load' and (value * 100) > 80"),
]


@pytest.mark.parametrize(("promql", "condition"), BOTH_WAYS)
def test_an_expression_and_its_condition_are_each_others(promql: str, condition: str) -> None:
    assert condition_of(promql) == condition
    assert expression_of(condition) == promql


@pytest.mark.parametrize(
    ("promql", "condition"),
    [
        ("80 < load", "name == 'load' and value > 80"),
        ("load > 60 * 60", "name == 'load' and value > 3600"),
        ("absent(up)", "absent('up', '5m')"),
        ("absent(up) == 1", "absent('up', '5m')"),
        ("load > 1 and load < 5", "(name == 'load' and value > 1) and (name == 'load' and value < 5)"),
        ("a > 1 or b > 2", "name == 'a' and value > 1 or name == 'b' and value > 2"),
        (
            'load > 1 and up{job="web"} == 1',
            "(name == 'load' and value > 1) and (last_over_time('up', '5m', job='web') == 1)",
        ),
        (
            "load > 1 unless up == 0",
            "(name == 'load' and value > 1) and (absent('up', '5m') or not (last_over_time('up', '5m') == 0))",
        ),
        ("load offset 1h > 1", "name == 'load' and last_over_time('load', '5m', offset='1h') > 1"),
        ('up{job!~"a|b"} == 0', "name == 'up' and tags.get('job', '') not in ['a', 'b'] and value == 0"),
    ],
)
def test_other_ways_to_say_it_map_too(promql: str, condition: str) -> None:
    assert condition_of(promql) == condition


@pytest.mark.parametrize(
    ("promql", "reason"),
    [
        ("up >", "is no PromQL"),
        ("up", "true whenever the series is there"),
        ("errors / requests > 0.1", "more than one series"),
        ("sum by (job) (up) > 1", "aggregates many series with sum"),
        ("irate(errors_total[5m]) > 1", "no irate()"),
        ("errors_total > 5", "running total"),
        ("rate(latency_bucket[5m]) > 1", "buckets of a histogram"),
        ("a > 1 and on (job) b > 2", "choose labels"),
        ("a > b", "two series"),
        ("a > bool 1", "`bool`"),
        ("max_over_time(rate(a[5m])[1h:]) > 1", "uses max_over_time()"),
        ('a{x=~"b[0-9]+"} > 1', "regular expression"),
        ("a > 1 and b{x!='y'} > 2", "equal labels only"),
        ("absent(a) and b > 2", "no series of its own"),
        ("a > Inf", "infinity"),
        ("a offset -5m > 1", "of the past"),
        ("changes(a[1h]) > 2", "no changes()"),
    ],
)
def test_what_would_mean_something_else_is_refused_with_the_reason(promql: str, reason: str) -> None:
    with pytest.raises(Unmapped) as refused:
        condition_of(promql)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "promql",
    [
        "(" * 5_000 + "a > 1" + ")" * 5_000,
        " and ".join(["a > 1"] * 20_000),
        " and ".join(["a > 1"] * 400),
        "sum(" * 700 + "a" + ")" * 700 + " > 1",
        'a{b="' + "x" * 3_000 + '"} > 1',
    ],
    ids=["parentheses", "a long chain", "a chain", "calls", "a long label"],
)
def test_an_expression_without_measure_is_refused_and_ends_nothing(promql: str) -> None:
    with pytest.raises(Unmapped):
        condition_of(promql)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("value > 80", "about every metric"),
        ("health_check and status == 'critical'", "health checks"),
        ("name == 'db_query_duration_seconds' and value > 5", "of one interval"),
        ("name == 'cpu' and p95('db_query_duration_seconds', '5m') > 1", "another metric"),
        ("name == 'db_query_duration_seconds' and p95('db_query_duration_seconds', '5m') > 1", "a timing"),
        ("name == 'cpu' and timestamp > 5", "uses timestamp"),
        ("name == 'cpu' and tags['a'].upper() == 'X' and value > 1", "more than comparisons|cannot|no matcher"),
        ("p95('cpu', '5m') > 1", "no aggregation"),
    ],
)
def test_what_prometheus_cannot_say_is_refused_with_the_reason(condition: str, reason: str) -> None:
    with pytest.raises(Unmapped, match=reason):
        expression_of(condition)
