from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts import evaluation
from alerts.models import Alert, Instance, Notification, Rule
from monitoring.clock import to_ms
from monitoring.models import HealthCheckState, HealthRecord, Lease, MetricSnapshot
from tests.alerts.feed import Feed, events, judge

pytestmark = pytest.mark.django_db
MakeRule = Callable[..., Rule]


@pytest.fixture(autouse=True)
def reader(feed: Feed) -> None:
    """The evaluator has looked before, so that what comes now is new to it."""
    evaluation.evaluate(feed.now)


def test_a_sample_past_the_limit_opens_an_alert_and_asks_to_tell_it(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(message_template="CPU is at {value:.1f} % on {tags[instance]}", tags={"team": "data"})
    feed(93.42, instance="a")
    judge(feed)
    alert = Alert.objects.get()
    assert alert.summary == "CPU is at 93.4 % on a"
    assert alert.labels == {"metric": "cpu_usage_percent", "instance": "a", "team": "data"}
    assert to_ms(alert.opened_at) == to_ms(feed.now)
    assert [(row.kind, row.state) for row in Notification.objects.all()] == [("firing", "due")]


def test_a_sample_below_the_limit_writes_nothing_but_how_far_was_read(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(20)
    judge(feed)
    assert not Alert.objects.exists()
    assert not Instance.objects.exists()


def test_a_cycle_with_nothing_new_writes_only_its_heartbeat(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(20)
    judge(feed)
    with CaptureQueriesContext(connection) as queries:
        judge(feed)
    written = {
        query["sql"].split('"')[1] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    }
    assert written == {Lease._meta.db_table}


def test_an_alert_resolves_when_its_condition_is_false(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(90)
    feed(50)
    report = judge(feed)
    assert (report.opened, report.resolved) == (1, 1)
    assert events() == ["opened", "resolved"]
    assert Alert.objects.get().resolved_reason == "condition is false"
    assert not Instance.objects.exists()


def test_one_slow_moment_between_two_cycles_is_seen(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    for value in (10, 99, 10):
        feed(value)
    assert judge(feed).opened == 1


def test_a_rule_that_waits_fires_only_when_its_condition_held(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(for_seconds=30)
    states = []
    for value in (90, 90, 90, 90):
        feed(value)
        judge(feed)
        states.append(Instance.objects.get().state)
    assert states == ["pending", "pending", "pending", "firing"]


def test_the_clock_of_a_waiting_rule_survives_a_restart(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(for_seconds=600)
    feed(90)
    judge(feed)
    feed(90, passed=timedelta(minutes=11))
    judge(feed)
    assert Alert.objects.count() == 1


def test_after_an_outage_of_more_than_an_hour_the_clock_begins_anew(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(for_seconds=600)
    feed(90)
    judge(feed)
    feed(90, passed=timedelta(hours=2))
    judge(feed)
    assert not Alert.objects.exists()
    assert Instance.objects.get().state == "pending"


def test_each_series_has_a_life_of_its_own(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(90, instance="a")
    feed(20, instance="b")
    judge(feed)
    assert [alert.labels["instance"] for alert in Alert.objects.all()] == ["a"]


def test_an_instance_that_keeps_firing_is_one_alert(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    for _ in range(3):
        feed(90)
        judge(feed)
    assert Alert.objects.count() == 1
    assert Notification.objects.count() == 1


def test_a_recovery_has_to_hold(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(keep_firing_for_seconds=60)
    for value in (90, 50, 90, 50):
        feed(value)
        judge(feed)
    assert Alert.objects.get().is_open
    feed.now += timedelta(seconds=61)  # no sample comes any more
    judge(feed)
    assert not Alert.objects.get().is_open


def test_a_sample_that_arrives_long_after_its_time_is_not_judged(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(90)
    feed.now += timedelta(minutes=6)
    assert judge(feed).facts == 0
    assert MetricSnapshot.objects.count() == 1


def test_samples_are_judged_in_the_order_of_their_time(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(10)
    feed(90, passed=timedelta(seconds=-5))  # arrives second, happened first
    feed.now += timedelta(seconds=5)
    judge(feed)
    assert events() == ["opened", "resolved"]


def test_a_clock_ahead_of_ours_ages_no_rule(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(for_seconds=60)
    now = feed.now
    feed(90)
    feed(90, passed=timedelta(minutes=10))
    evaluation.evaluate(now)
    assert Instance.objects.get().state == "pending"


def test_a_rule_that_breaks_says_why_and_leaves_its_neighbours_alone(make_rule: MakeRule, feed: Feed) -> None:
    broken = make_rule("broken", condition="name == 'cpu_usage_percent' and 1 / (value - 90) > 0")
    make_rule("sound")
    feed(90)
    report = judge(feed)
    assert list(report.broken) == ["broken"]
    assert "division by zero" in Rule.objects.get(pk=broken.pk).broken_reason
    assert [alert.rule_name for alert in Alert.objects.exclude(fingerprint="rule")] == ["sound"]


def test_a_rule_works_again_once_it_can_be_judged(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule(condition="name == 'cpu_usage_percent' and 1 / (value - 90) > 99")
    feed(90)
    judge(feed)
    feed(50)
    judge(feed)
    assert Rule.objects.get(pk=rule.pk).broken_reason == ""


def test_a_text_that_was_stored_past_the_form_breaks_only_its_rule(make_rule: MakeRule, feed: Feed) -> None:
    rule = make_rule(condition="value >")
    feed(90)
    judge(feed)
    assert Rule.objects.get(pk=rule.pk).broken_reason != ""


def test_a_message_template_that_fails_still_tells_and_says_so(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(message_template="{name:.1f}")
    feed(90)
    judge(feed)
    assert "message template failed" in Alert.objects.get().summary


@pytest.mark.parametrize(
    ("condition", "metric", "values"),
    [
        ("name == 'memory_usage_percent' and value > 85", "memory_usage_percent", (84, 86)),
        ("name.startswith('db_query_duration_') and value > 5.0", "db_query_duration_seconds", (5.0, 5.1)),
        (
            "avg('cpu_usage_percent', '5m') > 1.4 * avg('cpu_usage_percent', '1h')",
            "cpu_usage_percent",
            (20, 90),
        ),
    ],
)
def test_conditions_that_people_know_run_as_they_are(
    make_rule: MakeRule, feed: Feed, condition: str, metric: str, values: tuple[float, float]
) -> None:
    rule = make_rule(condition=condition)
    rule.full_clean()
    below, above = values
    feed(below, metric)
    evaluation.evaluate(feed.now)
    assert not Alert.objects.exists()
    feed(above, metric, timedelta(minutes=5))
    evaluation.evaluate(feed.now)
    assert Alert.objects.get().is_open


def test_a_failed_health_check_fires(make_rule: MakeRule, feed: Feed) -> None:
    make_rule(condition="health_check and status in ['critical', 'unknown']", message_template="{name}: {message}")
    state = HealthCheckState.objects.create(name="database")
    for status in ("healthy", "critical"):
        HealthRecord.objects.create(state=state, at=to_ms(feed.now), status=status, message="no answer", duration_ms=3)
    judge(feed)
    alert = Alert.objects.get()
    assert (alert.summary, alert.labels) == ("database: no answer", {"check": "database"})


def test_a_sample_from_before_the_alert_that_arrives_late_does_not_resolve_it(make_rule: MakeRule, feed: Feed) -> None:
    make_rule()
    feed(90, passed=timedelta(minutes=2))
    judge(feed)
    feed(10, passed=timedelta(minutes=-1))
    feed.now += timedelta(minutes=1)
    judge(feed)
    assert Alert.objects.get().is_open


def test_a_check_with_a_long_name_stops_nobody_elses_alert(make_rule: MakeRule, feed: Feed) -> None:
    make_rule("health", condition="health_check and status == 'critical'")
    make_rule("cpu")
    state = HealthCheckState.objects.create(name="n" * 100)
    HealthRecord.objects.create(state=state, at=to_ms(feed.now), status="critical", duration_ms=3)
    feed(90)
    judge(feed)
    assert Alert.objects.count() == 2
