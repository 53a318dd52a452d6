"""Policies, and alerts that escalate by them."""

from datetime import datetime, timedelta

from alerts.models import Alert, Channel, Escalation, EscalationPolicy, Notification, Rule
from tests.alerts.rows import a_channel, an_alert

MADE = timedelta(days=1)
"""How long before its alert a rule and its policy were last edited."""


def a_policy(*waits_minutes: int, name: str = "night-shift") -> EscalationPolicy:
    """Steps 1, 2, ... each tell a channel of their own: ``step-1``, ``step-2``."""
    policy = EscalationPolicy.objects.create(name=name)
    for position, wait_minutes in enumerate(waits_minutes, 1):
        step = policy.steps.create(position=position, wait_minutes=wait_minutes)
        step.channels.add(Channel.objects.get_or_create(name=f"step-{position}", defaults={"kind": "log"})[0])
    return policy


def escalating_alert(policy: EscalationPolicy, opened_at: datetime, name: str = "high_cpu_usage") -> Alert:
    rule = Rule.objects.create(name=name, condition="value > 80", escalation_policy=policy)
    rule.channels.add(Channel.objects.filter(name="ops").first() or a_channel())
    age(opened_at - MADE)
    return an_alert(opened_at, rule=rule)


def age(edited_at: datetime) -> None:
    """Says that rules and policies were edited then."""
    Rule.objects.update(updated_at=edited_at)
    EscalationPolicy.objects.update(updated_at=edited_at)


def told(alert: Alert) -> list[str]:
    """Names of the channels that steps told, in order."""
    rows = Notification.objects.filter(alert=alert, event__kind="escalated").order_by("event__at", "id")
    return [row.channel.name for row in rows.select_related("channel")]


def course_of(alert: Alert) -> Escalation:
    return Escalation.objects.get(alert=alert)
