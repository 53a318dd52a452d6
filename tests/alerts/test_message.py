from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from alerts import escalation
from alerts.acknowledging import acknowledge
from alerts.message import message_of
from alerts.models import Rule, Severity
from tests.alerts.escalation.policies import a_policy, escalating_alert
from tests.alerts.rows import a_channel, an_alert, firing, resolved
from tests.alerts.told import NOW, configure

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


def test_a_firing_tells_what_the_alert_and_its_rule_know(settings: Settings) -> None:
    configure(settings, public_url="https://ops.example.com")
    rule = Rule.objects.create(
        name="disk", condition="value > 1", description="Free some space.", runbook_url="https://example.com/disk"
    )
    alert = an_alert(NOW, rule, severity=Severity.CRITICAL)
    row = firing(alert, a_channel(), NOW)

    message = message_of(row, LATER)

    assert (message.kind, message.rule, message.severity, message.channel) == ("firing", "disk", "critical", "ops")
    assert (message.value, message.labels, message.summary) == (93.5, {"instance": "web"}, "CPU is at 93.5 %")
    assert (message.description, message.runbook_url) == ("Free some space.", "https://example.com/disk")
    assert (message.opened_at, message.resolved_at, message.attempted_at) == (NOW, None, LATER)
    assert message.delivery_id == str(row.delivery_id)
    assert message.url == f"https://ops.example.com/ops/alerts/{alert.pk}/"


def test_a_resolve_tells_when_and_why() -> None:
    alert, channel = an_alert(NOW), a_channel()
    row = resolved(alert, channel, LATER)
    row.alert.refresh_from_db()

    message = message_of(row, LATER)

    assert (message.kind, message.resolved_at, message.reason) == ("resolved", LATER, "back to normal")
    assert message.headline == "[Resolved] high_cpu_usage: cpu_usage_percent{instance=web}"
    assert message.news == "Resolved: back to normal. It fired with: CPU is at 93.5 %"


def test_an_alert_outlives_its_rule() -> None:
    alert = an_alert(NOW)
    row = firing(alert, a_channel(), NOW)
    Rule.objects.all().delete()
    row.alert.refresh_from_db()

    message = message_of(row, NOW)

    assert (message.rule, message.description, message.runbook_url) == ("high_cpu_usage", "", "")


def test_who_has_the_alert_is_told_with_whatever_is_told_of_it() -> None:
    alert = an_alert(NOW)
    acknowledge(alert, User.objects.create_user("kim"), "restarting", NOW)
    row = resolved(alert, a_channel(), LATER)
    row.alert.refresh_from_db()
    assert message_of(row, LATER).news.endswith("(acknowledged by kim: restarting)")


def test_an_escalation_says_why_it_comes() -> None:
    alert = escalating_alert(a_policy(15), NOW)
    escalation.sweep(NOW + timedelta(minutes=15))
    row = alert.notifications.get(channel__name="step-1")
    assert message_of(row, LATER).news.endswith("(escalated, nobody has taken it on since 2026-03-04 05:06 UTC)")
