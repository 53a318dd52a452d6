"""The guide's one escalation: in production a critical health check reaches the webhooks again after 15 minutes."""

from django.conf import settings

from alerts.models import Channel, EscalationPolicy, Rule, Seed
from alerts.starter_channels import STARTER_SET

NAME = "webhooks-after-15-min"
RULE = "health_check_critical"
WAIT_MINUTES = 15


def load() -> None:
    """Makes the policy once, as soon as there is an enabled webhook to escalate to; people may edit or delete it."""
    webhooks = Channel.objects.filter(kind=Channel.Kind.WEBHOOK, seeded_from="AHGD_ALERT_WEBHOOK_URLS")
    if settings.CONFIG.environment != "production" or not webhooks.filter(enabled=True).exists():
        return
    _, is_new = Seed.objects.get_or_create(key=f"policy:{NAME}")
    if not is_new or EscalationPolicy.objects.filter(name=NAME).exists():
        return
    policy = EscalationPolicy.objects.create(
        name=NAME,
        description="A critical health check that nobody takes on is told to the webhooks again.",
        seeded_from=STARTER_SET,
    )
    policy.steps.create(position=1, wait_minutes=WAIT_MINUTES).channels.set(webhooks)
    for rule in Rule.objects.filter(name=RULE, seeded_from=STARTER_SET, escalation_policy__isnull=True):
        rule.escalation_policy = policy
        rule.save(update_fields=["escalation_policy", "updated_at"])
