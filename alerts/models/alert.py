"""An alert is one life of an instance, from firing to resolved; its events are its history."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from alerts.models.rule import Rule
from alerts.models.severity import Severity


class Alert(models.Model):
    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="alerts")
    rule_name = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=120)
    subject = models.CharField(max_length=500, help_text="The series or health check, as people read it.")
    labels = models.JSONField(default=dict)
    group_key = models.CharField(
        max_length=300, blank=True, help_text="Alerts with the same text share messages; without one, each has its own."
    )
    severity = models.PositiveSmallIntegerField(choices=Severity)
    summary = models.TextField(blank=True)
    value = models.FloatField(null=True, blank=True)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_reason = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_note = models.TextField(blank=True)
    acknowledged_until = models.DateTimeField(
        null=True, blank=True, help_text="When the acknowledge ends by itself; empty for when the alert resolves."
    )

    class Meta:
        ordering = ("-opened_at",)
        permissions = (("acknowledge_alert", "Can acknowledge an alert"), ("resolve_alert", "Can resolve an alert"))
        constraints = (
            models.UniqueConstraint(
                fields=("rule", "fingerprint"), condition=Q(resolved_at__isnull=True), name="one_open_alert"
            ),
        )
        indexes = (
            models.Index(fields=("-opened_at",), name="alert_history"),  # the history page
            models.Index(fields=("rule", "fingerprint", "opened_at"), name="alert_instance"),  # cooldown, flapping
            models.Index(fields=("-severity",), condition=Q(resolved_at__isnull=True), name="alert_open"),  # the banner
            models.Index(
                fields=("acknowledged_until",),
                condition=Q(resolved_at__isnull=True, acknowledged_until__isnull=False),
                name="alert_lapse",
            ),  # acknowledges that end by themselves
        )

    def __str__(self) -> str:
        return f"{self.rule_name} on {self.subject}"

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def owner(self) -> str:
        """Who acknowledged it, by name; empty while nobody has."""
        if self.acknowledged_at is None:
            return ""
        return self.acknowledged_by.get_username() if self.acknowledged_by is not None else "somebody"


class AlertEvent(models.Model):
    """One change of an alert, with its value, reason and actor; appended, never edited."""

    class Kind(models.TextChoices):
        OPENED = "opened"
        SEVERITY_CHANGED = "severity changed"
        FLAPPING = "flapping"
        NOTIFIED = "notified"
        WITHHELD = "withheld"
        REPEATED = "repeated"
        ACKNOWLEDGED = "acknowledged"
        UNACKNOWLEDGED = "unacknowledged", "Acknowledge ended"
        ESCALATED = "escalated"
        SILENCED = "silenced"
        FAILED = "failed", "Failed to notify"
        RESOLVED = "resolved"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    value = models.FloatField(null=True, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True, choices=Severity)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.kind} at {self.at}"
