"""Whom to tell next when nobody takes an alert on: policies of ordered steps, and how far each alert has come."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from alerts.models.alert import Alert
from alerts.models.channel import Channel

LONGEST_WAIT_MINUTES = 7 * 24 * 60
RUNNING = Q(due_at__isnull=False) | Q(paused_at__isnull=False)


class EscalationPolicy(models.Model):
    name = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True, help_text="Who is reached by this, and why in this order.")
    seeded_from = models.CharField(max_length=100, blank=True, editable=False, help_text="Where the row came from.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "escalation policies"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class EscalationStep(models.Model):
    """Channels that are told when the wait has passed since the step before, or since the alert opened."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1)], help_text="1 is the first; gaps do not matter."
    )
    wait_minutes = models.PositiveIntegerField(
        "wait (minutes)",
        default=60,
        validators=[MaxValueValidator(LONGEST_WAIT_MINUTES)],
        help_text="Since the step before, or since the alert opened. An acknowledge or a maintenance stops the clock.",
    )
    channels = models.ManyToManyField(Channel, related_name="escalation_steps")

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("policy", "position"), name="one_step_per_position"),
            models.CheckConstraint(condition=Q(wait_minutes__lte=LONGEST_WAIT_MINUTES), name="step_wait_within_bounds"),
        )

    def __str__(self) -> str:
        return f"step {self.position} after {self.wait_minutes} min"


class Escalation(models.Model):
    """How far one alert has come in its rule's policy; the due time of its next step waits here, not in a broker."""

    alert = models.OneToOneField(Alert, on_delete=models.CASCADE, related_name="escalation")
    policy = models.ForeignKey(EscalationPolicy, null=True, on_delete=models.SET_NULL, related_name="escalations")
    position = models.PositiveSmallIntegerField(default=0, help_text="Of the step that ran last; 0 before the first.")
    counted_from = models.DateTimeField(help_text="When the wait of the next step began, less the time it stood still.")
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Since when the clock stands still.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Of the next step; empty when none will come.")
    reason = models.CharField(max_length=300, blank=True, help_text="Why no step will come, or not now.")
    late_at = models.DateTimeField(null=True, blank=True, help_text="When the auditor last found a step not run.")
    late_seconds = models.FloatField(default=0, help_text="How late that step was.")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(due_at__isnull=True) | Q(paused_at__isnull=True), name="due_or_paused"),
        )
        indexes = (
            models.Index(fields=("alert",), condition=RUNNING, name="escalation_running"),  # the sweep
            models.Index(
                fields=("-late_at",), condition=Q(late_at__isnull=False), name="escalation_late"
            ),  # the health check
        )

    def __str__(self) -> str:
        return f"{self.policy} of alert {self.alert_id}, after step {self.position}"
