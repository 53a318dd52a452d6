from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from alerts import escalation, starter_rules
from alerts.health import Escalation, Evaluation, Outbox, Telling
from alerts.models import Alert, AlertEvent, Channel, Notification, Rule, Severity
from monitoring.models import Lease, Status
from tests.alerts.escalation.policies import a_policy, escalating_alert

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def evaluated(seconds_ago: float | None, every: int = 10, enabled: bool = True, error: str = "") -> None:
    interval = IntervalSchedule.objects.create(every=every, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="evaluate", task="alerts.evaluate", interval=interval, enabled=enabled)
    if seconds_ago is not None:
        Lease.objects.create(name="evaluate", expires_at=NOW, free_at=NOW, finished_at=ago(seconds_ago), error=error)


@pytest.mark.parametrize(
    ("every", "seconds_ago", "status"),
    [
        (10, 3, Status.HEALTHY),
        (10, 30, Status.HEALTHY),
        (10, 31, Status.CRITICAL),
        (60, 180, Status.HEALTHY),
        (60, 181, Status.CRITICAL),
        (10, None, Status.CRITICAL),
    ],
)
def test_evaluation_is_critical_after_three_intervals(every: int, seconds_ago: float | None, status: Status) -> None:
    evaluated(seconds_ago, every)
    assert Evaluation(grace_seconds=0).find(NOW).status is status


@pytest.mark.parametrize("seconds_ago", [None, 86400])
def test_nothing_is_red_while_the_process_is_young(seconds_ago: float | None) -> None:
    evaluated(seconds_ago)
    assert Evaluation(grace_seconds=1e9).find(NOW).status is Status.UNKNOWN


def test_an_evaluation_that_fails_tells_why() -> None:
    evaluated(90, error="OperationalError: disk I/O error")
    finding = Evaluation(grace_seconds=0).find(NOW)
    assert finding.message.endswith("the last attempt failed: OperationalError: disk I/O error")


def test_an_evaluation_that_people_switched_off_is_a_warning() -> None:
    evaluated(3, enabled=False)
    assert Evaluation(grace_seconds=0).find(NOW).status is Status.WARNING


def test_without_alerting_there_is_nothing_to_evaluate(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, enable_alerting=False)
    assert Evaluation(grace_seconds=0).find(NOW).status is Status.HEALTHY


def test_an_evaluation_without_a_schedule_is_unknown() -> None:
    assert Evaluation(grace_seconds=0).find(NOW).status is Status.UNKNOWN


def waiting(
    due_seconds_ago: float, state: str = "due", held_reason: str = "", left_seconds_ago: float | None = None
) -> None:
    alert = Alert.objects.create(
        rule=None,
        rule_name="high_cpu_usage",
        fingerprint="f",
        subject="cpu",
        severity=Severity.HIGH,
        opened_at=ago(900),
    )
    Notification.objects.create(
        alert=alert,
        event=AlertEvent.objects.create(alert=alert, kind=AlertEvent.Kind.OPENED, at=ago(900)),
        channel=Channel.objects.get_or_create(name="mail", kind=Channel.Kind.EMAIL)[0],
        kind=Notification.Kind.FIRING,
        state=state,
        held_reason=held_reason,
        created_at=ago(900),
        due_at=ago(due_seconds_ago),
        lease_until=None if left_seconds_ago is None else ago(left_seconds_ago),
    )


def test_an_empty_outbox_is_healthy() -> None:
    assert Outbox(grace_seconds=0).find(NOW).status is Status.HEALTHY


def test_what_waits_for_no_reason_is_critical() -> None:
    waiting(121)
    waiting(500)
    finding = Outbox(grace_seconds=0).find(NOW)
    assert (finding.status, finding.metadata) == (Status.CRITICAL, {"stuck": 2})
    assert finding.message == "2 wait for no reason, the oldest for 15 min"


@pytest.mark.parametrize("due_seconds_ago", [119, 0, -3600])
def test_what_is_due_now_or_later_is_not_stuck(due_seconds_ago: float) -> None:
    waiting(due_seconds_ago)
    assert Outbox(grace_seconds=0).find(NOW).status is Status.HEALTHY


def test_what_a_gate_holds_has_its_reason() -> None:
    waiting(500, held_reason="cooldown: told 3 min ago")
    assert Outbox(grace_seconds=0).find(NOW).status is Status.HEALTHY


@pytest.mark.parametrize("state", ["sent", "withheld", "dead"])
def test_what_is_done_does_not_wait(state: str) -> None:
    waiting(500, state=state)
    assert Outbox(grace_seconds=0).find(NOW).status is Status.HEALTHY


@pytest.mark.parametrize(("left_seconds_ago", "status"), [(60, Status.HEALTHY), (121, Status.CRITICAL)])
def test_what_an_ended_worker_left_has_to_be_rescued(left_seconds_ago: float, status: Status) -> None:
    waiting(500, state="leased", left_seconds_ago=left_seconds_ago)
    assert Outbox(grace_seconds=0).find(NOW).status is status


def test_what_was_left_at_the_last_stop_is_not_red_at_the_start() -> None:
    waiting(86400)
    assert Outbox(grace_seconds=1e9).find(NOW).status is Status.UNKNOWN


def test_escalation_is_healthy_while_every_step_runs_in_its_time() -> None:
    escalating_alert(a_policy(15), NOW)
    escalation.sweep(NOW)
    assert Escalation(grace_seconds=0).find(NOW).status is Status.HEALTHY


def test_an_overdue_escalation_step_is_critical_though_no_sweep_ever_saw_its_alert() -> None:
    escalating_alert(a_policy(15), ago(20 * 60))
    finding = Escalation(grace_seconds=0).find(NOW)
    assert (finding.status, finding.message) == (Status.CRITICAL, "1 overdue, high_cpu_usage for 5 min")


def test_what_fell_due_while_the_console_was_off_is_not_critical_at_once() -> None:
    escalating_alert(a_policy(15), ago(20 * 60))
    assert Escalation(grace_seconds=10**9).find(NOW).status is Status.UNKNOWN


def test_an_escalation_step_that_ran_late_is_a_warning_for_an_hour() -> None:
    escalating_alert(a_policy(15), ago(20 * 60))
    escalation.audit(NOW)
    finding = Escalation(grace_seconds=0).find(NOW)
    assert (finding.status, finding.message) == (Status.WARNING, "high_cpu_usage escalated 5 min late")
    assert Escalation(grace_seconds=0).find(NOW + timedelta(minutes=61)).status is Status.HEALTHY


@pytest.mark.parametrize("environment", ["development", "production"])
@pytest.mark.parametrize("webhook_is_enabled", [True, False])
def test_a_new_console_has_no_dead_end(settings: Settings, environment: str, webhook_is_enabled: bool) -> None:
    webhook = {"alert_webhook_urls": ("https://example.com/hook",), "alert_webhook_enabled": webhook_is_enabled}
    settings.CONFIG = replace(settings.CONFIG, environment=environment, **webhook)
    starter_rules.load()
    assert Telling().find(NOW).status is Status.HEALTHY


def test_dead_ends_are_a_warning_that_names_the_first_of_them() -> None:
    for number in range(5):
        Rule.objects.create(name=f"unheard-{number}", condition="value > 80")
    finding = Telling().find(NOW)
    assert (finding.status, finding.metadata) == (Status.WARNING, {"dead_ends": 5})
    assert finding.message.startswith("Rule unheard-0 tells nobody: choose a channel")
    assert finding.message.count("tells nobody") == 3
    assert finding.message.endswith("And 2 more.")


def test_while_alerting_is_off_nobody_is_to_be_told(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, enable_alerting=False)
    Rule.objects.create(name="unheard", condition="value > 80")
    assert Telling().find(NOW).status is Status.HEALTHY
