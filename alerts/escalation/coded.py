"""The guide's ``escalation_delay_minutes`` and ``escalation_channels``: a policy of one step, for one rule."""

from collections.abc import Collection
from typing import Any

from alerts.models import Channel, EscalationPolicy, Rule

ORIGIN = "AlertRule"


def policy_as_stored(rule: Rule) -> list[list[Any]]:
    """The steps of the rule's policy as plain values, so that an edit shows; none without a policy."""
    if rule.escalation_policy is None:
        return []
    steps = rule.escalation_policy.steps.prefetch_related("channels")
    return [[step.wait_minutes, sorted(channel.name for channel in step.channels.all())] for step in steps]


def store_policy(rule: Rule, delay_minutes: int, kinds: Collection[str]) -> None:
    """Gives the stored rule its policy of one step that tells every enabled channel of these kinds; without kinds none.

    Raises django.core.exceptions.ValidationError for a delay that would be refused in the admin.
    """
    if not kinds:
        drop_policy(rule)
        return
    name = f"{rule.name[:80]}-escalation-{rule.pk}"
    policy, _ = EscalationPolicy.objects.get_or_create(name=name, defaults={"seeded_from": ORIGIN})
    policy.steps.exclude(position=1).delete()
    step = policy.steps.filter(position=1).first() or policy.steps.model(policy=policy, position=1)
    step.wait_minutes = delay_minutes
    step.full_clean()
    step.save()
    step.channels.set(Channel.objects.filter(kind__in=kinds, enabled=True))
    rule.escalation_policy = policy


def drop_policy(rule: Rule) -> None:
    """Takes the policy from the rule; one that code made, and that nobody else uses, goes altogether."""
    policy, rule.escalation_policy = rule.escalation_policy, None
    if policy is None or policy.seeded_from != ORIGIN:
        return
    Rule.objects.filter(pk=rule.pk).update(escalation_policy=None)
    if not policy.rules.exists():
        policy.delete()
