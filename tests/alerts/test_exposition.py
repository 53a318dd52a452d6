from datetime import UTC, datetime, timedelta

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from alerts.exposition import AlertsCollector
from alerts.models import Rule
from monitoring.models import Lease
from tests.alerts.escalation.policies import a_policy, escalating_alert

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def values() -> dict[str, float]:
    return {family.name: family.samples[0].value for family in AlertsCollector(NOW).collect()}


def evaluated(at: datetime) -> None:
    interval = IntervalSchedule.objects.create(every=10, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="evaluate", task="alerts.evaluate", interval=interval)
    Lease.objects.create(name="evaluate", expires_at=at, free_at=at, finished_at=at)


def test_it_tells_how_long_ago_the_rules_were_judged() -> None:
    evaluated(NOW - timedelta(seconds=12))
    assert values()["ahgd_ops_evaluation_age_seconds"] == 12


def test_there_is_no_age_before_the_first_evaluation() -> None:
    assert "ahgd_ops_evaluation_age_seconds" not in values()


def test_enabled_rules_that_cannot_be_judged_are_counted() -> None:
    for name, enabled, reason in (("a", True, "1 / 0"), ("b", False, "1 / 0"), ("c", True, "")):
        Rule.objects.create(name=name, condition="value > 1", enabled=enabled, broken_reason=reason)
    assert values()["ahgd_ops_rules_broken"] == 1


def test_it_counts_escalation_steps_that_should_have_run() -> None:
    assert values()["ahgd_ops_escalations_overdue"] == 0
    escalating_alert(a_policy(15), NOW - timedelta(hours=1))
    assert values()["ahgd_ops_escalations_overdue"] == 1
