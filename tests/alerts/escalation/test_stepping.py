from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from alerts import escalation, lifecycle
from alerts.acknowledging import acknowledge, give_back, lapse
from alerts.escalation.stepping import advance
from alerts.models import Alert, Channel, EscalationPolicy, EscalationStep, MaintenanceWindow, Notification, Rule
from tests.alerts.escalation.policies import a_policy, age, course_of, escalating_alert, told
from tests.alerts.rows import a_channel, an_alert, events
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def sweep_until(minutes: int) -> None:
    """Every minute from the opening on, as the schedule would."""
    for minute in range(minutes + 1):
        escalation.sweep(at(minute))


@pytest.fixture
def kim(db: None) -> User:
    return User.objects.create_user("kim")


def test_steps_run_in_order_each_after_its_wait() -> None:
    alert = escalating_alert(a_policy(15, 60), NOW)
    sweep_until(14)
    assert told(alert) == []
    sweep_until(15)
    assert told(alert) == ["step-1"]
    sweep_until(74)
    assert told(alert) == ["step-1"]
    sweep_until(600)
    assert told(alert) == ["step-1", "step-2"]
    assert (course_of(alert).due_at, course_of(alert).reason) == (None, "every step has run")


def test_a_step_is_told_by_the_outbox_and_stands_in_the_history() -> None:
    alert = escalating_alert(a_policy(15, 60), NOW)
    sweep_until(15)
    assert events(alert, "escalated") == ["step 1 of 2 of night-shift: step-1"]
    row = Notification.objects.get(alert=alert, event__kind="escalated")
    assert (row.kind, row.state, row.due_at, row.event.severity) == ("firing", "due", at(15), alert.severity)


def test_the_due_time_is_kept_in_the_database() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    escalation.sweep(at(1))
    assert course_of(alert).due_at == at(15)


def test_an_alert_without_a_policy_does_not_escalate() -> None:
    alert = an_alert(NOW)
    sweep_until(120)
    assert not hasattr(alert, "escalation")
    assert events(alert, "escalated") == []


def test_an_alert_about_a_broken_rule_does_not_escalate() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    Alert.objects.update(fingerprint=lifecycle.ITSELF)
    sweep_until(60)
    assert told(alert) == []


def test_a_resolve_ends_it(kim: User) -> None:
    alert = escalating_alert(a_policy(15), NOW)
    sweep_until(1)
    lifecycle.resolve_by_hand(alert, kim, at(2))
    escalation.sweep(at(30))
    assert told(alert) == []
    assert (course_of(alert).due_at, course_of(alert).reason) == (None, "the alert resolved")


def test_channels_of_a_step_hear_of_the_resolve_too(kim: User) -> None:
    alert = escalating_alert(a_policy(15), NOW)
    sweep_until(15)
    lifecycle.resolve_by_hand(alert, kim, at(16))
    resolves = Notification.objects.filter(alert=alert, kind="resolved")
    assert [row.channel.name for row in resolves] == ["step-1"]


def test_an_acknowledge_stops_it_and_says_who(kim: User) -> None:
    alert = escalating_alert(a_policy(15), NOW)
    sweep_until(10)
    acknowledge(alert, kim, "on it", at(10))
    escalation.sweep(at(60))
    assert told(alert) == []
    assert (course_of(alert).due_at, course_of(alert).reason) == (None, "acknowledged by kim")


def test_after_an_acknowledge_lapsed_it_goes_on_from_where_it_stood(kim: User) -> None:
    alert = escalating_alert(a_policy(15), NOW)
    sweep_until(10)
    acknowledge(alert, kim, "on it", at(10), timedelta(minutes=30))
    for minute in range(11, 45):
        lapse(at(minute))
        escalation.sweep(at(minute))
    assert (told(alert), course_of(alert).due_at) == ([], at(45))
    escalation.sweep(at(45))
    assert told(alert) == ["step-1"]


def test_an_alert_that_is_given_back_goes_on_with_the_step_after_the_last(kim: User) -> None:
    alert = escalating_alert(a_policy(15, 60), NOW)
    sweep_until(15)
    acknowledge(alert, kim, "on it", at(20))
    escalation.sweep(at(21))
    give_back(alert, kim, at(30))
    escalation.sweep(at(30))
    assert course_of(alert).due_at == at(85)
    escalation.sweep(at(85))
    assert told(alert) == ["step-1", "step-2"]


def test_maintenance_pauses_it() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    begins = at(5)
    MaintenanceWindow.objects.create(
        name="upgrade", starts_on=begins.date(), starts_at=begins.time(), duration_minutes=50
    )
    sweep_until(50)
    assert told(alert) == []
    assert course_of(alert).reason.startswith("maintenance upgrade until")
    escalation.sweep(at(55))
    assert (course_of(alert).due_at, course_of(alert).reason) == (at(65), "")
    escalation.sweep(at(65))
    assert told(alert) == ["step-1"]


def test_an_edit_of_the_policy_counts_at_once() -> None:
    alert = escalating_alert(a_policy(60), NOW)
    sweep_until(10)
    EscalationStep.objects.update(wait_minutes=20)
    escalation.sweep(at(11))
    assert course_of(alert).due_at == at(20)


def test_another_policy_begins_with_its_first_step() -> None:
    alert = escalating_alert(a_policy(5, 600), NOW)
    sweep_until(5)
    Rule.objects.update(escalation_policy=a_policy(30, name="weekend"))
    escalation.sweep(at(10))
    assert (course_of(alert).position, course_of(alert).due_at) == (0, at(40))


def test_taking_the_policy_away_ends_it() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    sweep_until(5)
    EscalationPolicy.objects.all().delete()
    escalation.sweep(at(30))
    assert told(alert) == []
    assert course_of(alert).reason == "no policy with steps"


def test_an_alert_that_was_open_before_its_rule_got_a_policy_waits_from_then() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    age(at(100))
    escalation.sweep(at(101))
    assert course_of(alert).due_at == at(115)


def test_after_an_outage_one_step_runs_and_the_next_still_waits(settings: Settings) -> None:
    configure(settings, escalation_late_seconds=120)
    alert = escalating_alert(a_policy(15, 30), NOW)
    escalation.sweep(at(1))
    escalation.sweep(at(300))
    assert (told(alert), course_of(alert).due_at) == (["step-1"], at(330))
    assert events(alert, "escalated") == ["step 1 of 2 of night-shift: step-1; 17100 s late"]
    assert (course_of(alert).late_at, course_of(alert).late_seconds) == (at(300), 17_100)


def test_a_step_whose_channels_were_deleted_still_stands_in_the_history() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    Channel.objects.filter(name="step-1").delete()
    sweep_until(15)
    assert events(alert, "escalated") == ["step 1 of 1 of night-shift: no channel"]


def test_a_step_may_tell_several_channels() -> None:
    policy = a_policy(15)
    policy.steps.get().channels.add(a_channel("pager"))
    alert = escalating_alert(policy, NOW)
    sweep_until(15)
    assert sorted(told(alert)) == ["pager", "step-1"]


def test_the_state_is_read_again_before_the_step(kim: User) -> None:
    alert = escalating_alert(a_policy(15), NOW)
    escalation.sweep(at(1))
    acknowledge(alert, kim, "just in time", at(15))  # after a sweep found the step due, before it ran it
    assert not advance([alert.pk], at(15))
    assert told(alert) == []


def test_an_alert_that_retention_took_meanwhile_is_no_error() -> None:
    assert not advance([4711], NOW)


def test_a_sweep_asks_the_same_number_of_questions_however_many_alerts(
    django_assert_max_num_queries: "pytest.FixtureRequest",
) -> None:
    policy = a_policy(15)
    for number in range(20):
        escalating_alert(policy, NOW, name=f"rule-{number}")
    escalation.sweep(at(1))
    with django_assert_max_num_queries(7):  # type: ignore[operator]  # pytest-django gives it no public type
        escalation.sweep(at(2))
