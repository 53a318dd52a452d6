from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import evaluation, roster
from alerts.cases.running import run
from alerts.models import Alert, Case, Instance, NoData, Rule
from monitoring.models import MetricSnapshot
from tests.alerts.feed import Feed, judge

pytestmark = pytest.mark.django_db
CPU = "name == 'cpu_usage_percent' and value > 80"
A, B = 'cpu_usage_percent{instance="a"}', 'cpu_usage_percent{instance="b"}'


def holds(rule: Rule, series: str, must_fire: bool = True, **fields: object) -> bool:
    case = Case(name="one", must_fire=must_fire, series=series, **fields)
    (outcome,) = run(rule, [case])
    return outcome.passed


def a_rule(condition: str = CPU, **fields: object) -> Rule:
    return Rule(name="busy", condition=condition, **fields)


def test_a_rule_that_waits_fires_only_after_its_wait() -> None:
    rule = a_rule(for_seconds=120)
    assert holds(rule, f"{A} 50x4 95x7 50x3", must_fire=False)
    assert holds(rule, f"{A} 50x4 95x8 50x3")
    assert holds(rule, f"{A} 50x4 95x8 50x3", must_fire=False, at_seconds=165)
    assert holds(rule, f"{A} 50x4 95x8 50x3", at_seconds=195)


def test_a_case_may_ask_of_one_instance() -> None:
    series = f"{A} 50x4\n{B} 95x4"
    assert holds(a_rule(), series, instance=B)
    assert holds(a_rule(), series, must_fire=False, instance=A)
    assert not holds(a_rule(), series, must_fire=False)


def test_an_instance_that_is_no_series_of_the_case_is_refused(make_rule: Callable[..., Rule]) -> None:
    case = Case(rule=make_rule(), name="one", series=f"{A} 95", instance=B)
    with pytest.raises(ValidationError, match="has no series"):
        case.full_clean()


@pytest.mark.parametrize(
    ("condition", "series"),
    [
        ("avg('cpu_usage_percent', '1m') > 80", f"{A} 70x3 95x4"),
        ("increase('requests_total', '1m') > 100", "requests_total 0+50x4"),
        ("name == 'requests_total' and value >= 50", "requests_total 0+50x4"),
        ("increase('requests_total', '1m') > 20", "requests_total 1000x3 30 60"),
        ("p95('page_load_duration_seconds', '1m') > 2", "page_load_duration_seconds 1x3 3x3"),
        ("absent('cpu_usage_percent', '1m')", f"{A} 50 _x10"),
        ("health_check and status == 'critical'", "check:database healthyx3 critical"),
        ("value > 80 or avg('cpu_usage_percent', '30s') > 60", f"{A} 50x3 70x3"),
    ],
)
def test_windows_counters_timings_and_checks_are_judged_as_live(condition: str, series: str) -> None:
    assert holds(a_rule(condition), series)


def test_a_counter_that_stands_still_does_not_grow() -> None:
    assert holds(a_rule("increase('requests_total', '1m') > 0"), "requests_total 1000x10", must_fire=False)


def test_silence_alerts_where_the_rule_says_so() -> None:
    series = f"{A} 50x4 _x40"
    assert holds(a_rule(no_data=NoData.ALERT), series)
    assert holds(a_rule(), series, must_fire=False)


def test_a_rule_that_breaks_fails_its_cases_with_the_reason() -> None:
    case = Case(name="zero", must_fire=False, series=f"{A} 0")
    (outcome,) = run(a_rule("100 / value > 2"), [case])
    assert not outcome.passed
    assert "breaks" in outcome.message and "zero" in str(outcome)


@given(
    values=st.lists(st.sampled_from([50, 85, 95]), min_size=4, max_size=14),
    waits=st.sampled_from([0, 20, 40]),
    keeps=st.sampled_from([0, 20]),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_case_says_what_the_live_system_did_over_the_same_series(values: list[float], waits: int, keeps: int) -> None:
    for model in (Alert, Instance, Rule, MetricSnapshot):
        model.objects.all().delete()  # type: ignore[attr-defined]  # every model has objects
    roster.forget()
    evaluation.forget()
    rule = Rule.objects.create(name="busy", condition=CPU, for_seconds=waits, keep_firing_for_seconds=keeps)
    feed, fired = Feed(), []
    feed.now = feed.now.replace(microsecond=0)
    judge(feed)
    for step, value in enumerate(values):
        feed(value, passed=timedelta(seconds=10), instance="a")
        judge(feed)
        is_open = Alert.objects.filter(rule=rule, resolved_at__isnull=True).exists()
        fired.append((step * 10, is_open))
    series = f"{A} {' '.join(f'{value:g}' for value in values)}"
    for seconds, is_open in fired:
        assert holds(rule, series, must_fire=is_open, at_seconds=seconds, interval_seconds=10), (seconds, is_open)
