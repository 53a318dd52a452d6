import logging
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from alerts import escalation
from alerts.models import Escalation
from tests.alerts.escalation.policies import a_policy, escalating_alert, told
from tests.alerts.rows import events
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_minutes_late_is_late(settings: Settings) -> None:
    configure(settings, escalation_late_seconds=120)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_a_step_that_no_sweep_ran_is_found_run_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    alert = escalating_alert(a_policy(15, 60), NOW)
    with caplog.at_level(logging.ERROR, "alerts.escalation.auditing"):
        found = escalation.audit(at(20))
    assert [(one.alert_id, one.due_at, one.late) for one in found] == [(alert.pk, at(15), timedelta(minutes=5))]
    assert told(alert) == ["step-1"]
    assert events(alert, "escalated") == ["step 1 of 2 of night-shift: step-1; 300 s late"]
    assert f"Escalation of alert {alert.pk} (high_cpu_usage) was due at" in caplog.text


def test_a_due_time_that_was_lost_is_worked_out_anew() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    escalation.sweep(at(1))
    Escalation.objects.update(due_at=None)
    assert len(escalation.audit(at(20))) == 1
    assert told(alert) == ["step-1"]


def test_what_ran_in_its_time_is_left_alone() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    escalation.sweep(at(1))
    assert escalation.audit(at(16)) == []
    escalation.sweep(at(17))
    assert escalation.audit(at(60)) == []
    assert told(alert) == ["step-1"]
    assert escalation.late_since(NOW) == []


def test_what_ran_late_is_remembered() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    escalation.audit(at(20))
    assert [one.alert_id for one in escalation.late_since(at(20))] == [alert.pk]
    assert escalation.late_since(at(21)) == []
    assert escalation.overdue(at(21)) == []
