"""The outbox: one row for each thing a channel has to be told, written with the change it tells of."""

import uuid

from django.db import models
from django.db.models import Q

from alerts.models.alert import Alert, AlertEvent
from alerts.models.channel import Channel
from alerts.models.gate import Gate
from alerts.models.muting import MaintenanceWindow, Silence


class Notification(models.Model):
    class Kind(models.TextChoices):
        FIRING = "firing"
        RESOLVED = "resolved"

    class State(models.TextChoices):
        DUE = "due"  # waiting for due_at
        LEASED = "leased", "Being sent"
        SENT = "sent"
        NAMED = "named", "Named in another message"
        WITHHELD = "withheld"  # a gate said no for good; the reason is in `held_reason`
        DEAD = "dead", "Given up"  # a permanent failure; can be sent again by hand

    delivery_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notifications")
    event = models.ForeignKey(AlertEvent, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0, help_text="Grows with each claim; a late holder's result is refused.")
    attempts = models.PositiveIntegerField(default=0)
    held_reason = models.CharField(max_length=300, blank=True, help_text="Why it is not sent, or not yet.")
    gate = models.CharField(max_length=12, choices=Gate, blank=True, help_text="Which gate that is.")
    silence = models.ForeignKey(Silence, null=True, blank=True, on_delete=models.SET_NULL, related_name="held")
    maintenance = models.ForeignKey(
        MaintenanceWindow, null=True, blank=True, on_delete=models.SET_NULL, related_name="held"
    )
    parent_alert = models.ForeignKey(
        Alert, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Which speaks for it."
    )
    told_before = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="What began its cooldown."
    )
    leader = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="members",
        help_text="Whose message names it.",
    )
    is_digest = models.BooleanField(default=False, help_text="Whether its message says what limits withheld.")
    was_left = models.BooleanField(
        default=False, help_text="Whether a full message had no room for it, so that it goes with the next at once."
    )
    told_severity = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How bad the channel was told it is; 0 that it is over."
    )
    last_error = models.TextField(blank=True)
    answer = models.CharField(max_length=300, blank=True, help_text="What the receiver said when it accepted.")
    sent_at = models.DateTimeField(null=True, blank=True)
    told = models.JSONField(
        default=list,
        blank=True,
        help_text="Recipients that accepted it, while others have not: only those are retried.",
    )
    refused = models.CharField(max_length=300, blank=True, help_text="Recipients that refused it for good, and why.")
    instead_of = models.ForeignKey(
        Channel,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The channel that could not be told, whose fallback this is.",
    )

    class Meta:
        ordering = ("-created_at",)
        constraints = (models.UniqueConstraint(fields=("event", "channel"), name="told_once_per_event"),)
        indexes = (
            models.Index(fields=("due_at",), condition=Q(state="due"), name="notification_due"),  # the sweep
            models.Index(
                fields=("lease_until",), condition=Q(state="leased"), name="notification_leased"
            ),  # its rescue
            models.Index(
                fields=("channel", "sent_at"), condition=Q(state="sent"), name="notification_told"
            ),  # limits and groups
            models.Index(
                fields=("channel", "gate"), condition=Q(state="due") & ~Q(gate=""), name="notification_held"
            ),  # what goes into a message with others, and what a silence or window lets go
        )

    def __str__(self) -> str:
        return f"{self.kind} to {self.channel_id}: {self.state}"

    @property
    def can_be_sent_again(self) -> bool:
        return self.state in (self.State.DEAD, self.State.WITHHELD) or bool(self.refused)


class Attempt(models.Model):
    """One try to deliver, with how long it took and what came of it; appended, never edited."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    took_seconds = models.FloatField()
    accepted = models.BooleanField()
    answer = models.CharField(max_length=500, blank=True, help_text="What the receiver said, or why it failed.")

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{'accepted' if self.accepted else 'failed'} at {self.at}"

    @property
    def took_milliseconds(self) -> int:
        return round(self.took_seconds * 1000)
