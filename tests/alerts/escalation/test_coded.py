from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from alerts import AlertChannel, AlertManager, AlertRule, AlertSeverity
from alerts.models import Channel, EscalationPolicy, EscalationStep, Rule
from tests.alerts.escalation.policies import a_policy
from tests.alerts.rows import a_channel

pytestmark = pytest.mark.django_db
CODED = AlertRule(
    name="critical_memory",
    condition="name == 'memory_usage_percent' and value > 95",
    severity=AlertSeverity.CRITICAL,
    channels=[AlertChannel.LOG],
    escalation_delay_minutes=30,
    escalation_channels=[AlertChannel.EMAIL, AlertChannel.WEBHOOK],
)


@pytest.fixture(autouse=True)
def channels(db: None) -> None:
    a_channel("log")
    a_channel("mail", kind="email")
    a_channel("hook", kind="webhook")
    a_channel("off", kind="webhook", enabled=False)


def steps_of(rule: Rule) -> list[tuple[int, list[str]]]:
    policy = Rule.objects.get(pk=rule.pk).escalation_policy
    steps = policy.steps.all() if policy is not None else ()
    return [(step.wait_minutes, sorted(channel.name for channel in step.channels.all())) for step in steps]


def test_the_guides_escalation_is_a_policy_of_one_step() -> None:
    rule = AlertManager().add_rule(CODED)
    assert steps_of(rule) == [(30, ["hook", "mail"])]
    assert EscalationPolicy.objects.get().seeded_from == "AlertRule"


def test_the_delay_is_an_hour_unless_it_is_given() -> None:
    fields = {"name": "a", "condition": "value > 1", "severity": AlertSeverity.LOW}
    rule = AlertManager().add_rule(AlertRule(**fields, escalation_channels=[AlertChannel.EMAIL]))  # type: ignore[arg-type]  # of several types
    assert steps_of(rule) == [(60, ["mail"])]


def test_without_channels_to_escalate_to_there_is_no_policy() -> None:
    assert steps_of(AlertManager().add_rule(replace(CODED, escalation_channels=None))) == []
    assert not EscalationPolicy.objects.exists()


def test_adding_it_again_changes_the_step_as_code_says() -> None:
    AlertManager().add_rule(CODED)
    rule = AlertManager().add_rule(
        replace(CODED, escalation_delay_minutes=10, escalation_channels=[AlertChannel.EMAIL])
    )
    assert steps_of(rule) == [(10, ["mail"])]
    assert EscalationPolicy.objects.count() == 1


def test_what_people_edited_stays() -> None:
    rule = AlertManager().add_rule(CODED)
    EscalationStep.objects.update(wait_minutes=5)
    AlertManager().add_rule(replace(CODED, escalation_delay_minutes=10))
    assert steps_of(rule) == [(5, ["hook", "mail"])]


def test_a_policy_that_people_chose_stays() -> None:
    rule = AlertManager().add_rule(CODED)
    Rule.objects.update(escalation_policy=a_policy(1))
    AlertManager().add_rule(replace(CODED, escalation_channels=None))
    assert steps_of(rule) == [(1, ["step-1"])]


def test_a_policy_that_code_made_goes_with_what_asked_for_it() -> None:
    AlertManager().add_rule(CODED)
    AlertManager().add_rule(replace(CODED, escalation_channels=[]))
    assert not EscalationPolicy.objects.exists()
    AlertManager().add_rule(CODED)
    AlertManager().remove_rule(CODED.name)
    assert not EscalationPolicy.objects.exists()


def test_a_delay_that_the_admin_would_refuse_is_refused() -> None:
    with pytest.raises(ValidationError, match="10080"):
        AlertManager().add_rule(replace(CODED, escalation_delay_minutes=10_081))
    assert not Rule.objects.exists()


def test_a_deleted_channel_leaves_the_step() -> None:
    rule = AlertManager().add_rule(CODED)
    Channel.objects.filter(name="hook").delete()
    assert steps_of(rule) == [(30, ["mail"])]
