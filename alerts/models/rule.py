"""A rule: a condition over facts, how long it has to hold, and whom to tell; and the state of each of its instances."""

from typing import Any

from django.core.validators import MaxValueValidator, URLValidator
from django.db import models

from alerts.models.channel import Channel
from alerts.models.severity import Severity
from alerts.validators import validate_condition, validate_message


class Rule(models.Model):
    """Edited by people in the admin; ``version`` grows when what it judges changes."""

    name = models.SlugField(max_length=100, unique=True, help_text="Letters, digits, - and _; names the rule for good.")
    enabled = models.BooleanField(default=True)
    description = models.TextField(blank=True, help_text="What it means when this fires, for whoever is paged.")
    condition = models.TextField(
        validators=[validate_condition],
        help_text="For example: name == 'cpu_usage_percent' and value > 80",
    )
    for_seconds = models.PositiveIntegerField(
        "for (seconds)",
        default=0,
        validators=[MaxValueValidator(30 * 86400)],
        help_text="The condition has to hold this long before the rule fires; 0 fires at once.",
    )
    keep_firing_for_seconds = models.PositiveIntegerField(
        "keep firing for (seconds)",
        default=0,
        validators=[MaxValueValidator(30 * 86400)],
        help_text="The condition has to be false this long before the alert resolves.",
    )
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.MEDIUM)
    channels = models.ManyToManyField(Channel, blank=True, related_name="rules")
    message_template = models.CharField(
        max_length=1000,
        blank=True,
        validators=[validate_message],
        help_text="For example: CPU is at {value:.1f} %. Facts: {name} {value} {tags[mount]} {status} {message}.",
    )
    runbook_url = models.CharField(
        "runbook",
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=("http", "https"))],
        help_text="Address linked from every message of this rule.",
    )
    cooldown_minutes = models.PositiveIntegerField(
        default=15, help_text="A channel hears of the same instance at most once in this time, unless it gets worse."
    )
    max_alerts_per_hour = models.PositiveIntegerField(default=10, help_text="Messages per hour before they are held.")
    tags = models.JSONField(default=dict, blank=True, help_text='For grouping and silencing, such as {"team": "data"}.')

    seeded_from = models.CharField(max_length=100, blank=True, editable=False, help_text="Where the row came from.")
    version = models.PositiveIntegerField(default=1, editable=False)
    broken_reason = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=models.Q(severity__in=Severity.values), name="rule_severity_known"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Counts a version up when what is judged was edited, so that instances of the old text are judged anew."""
        stored = Rule.objects.filter(pk=self.pk).values_list("condition", "version").first() if self.pk else None
        if stored is not None and stored[0] != self.condition:
            self.version = stored[1] + 1
        super().save(*args, **kwargs)


class Instance(models.Model):
    """The state of a rule on one series or health check; there is a row only while it is not ok."""

    class State(models.TextChoices):
        OK = "ok"
        PENDING = "pending"
        FIRING = "firing"
        RECOVERING = "recovering"

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="instances")
    fingerprint = models.CharField(max_length=120, help_text="Of the subject: a series or a health check.")
    state = models.CharField(max_length=12, choices=State)
    active_since = models.DateTimeField(help_text="Since when the condition has been true.")
    false_since = models.DateTimeField(null=True, blank=True, help_text="Since when it is false, while recovering.")
    rule_version = models.PositiveIntegerField()
    value = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("rule", "fingerprint"), name="instance_once"),)

    def __str__(self) -> str:
        return f"{self.rule_id}/{self.fingerprint}: {self.state}"
