"""What uptime is computed from besides the results of checks, and what is kept of it by the day."""

from django.db import models
from django.db.models import F, Q

from monitoring.models.facts import HealthCheckState


class ExcludedInterval(models.Model):
    """Time that uptime does not count: maintenance that was announced, or an outage of the console itself.

    ``source`` says who wrote the row, such as ``maintenance:12``, so that the writer finds its rows again.
    """

    start = models.DateTimeField()
    end = models.DateTimeField()
    reason = models.CharField(max_length=300)
    source = models.CharField(max_length=120, default="by hand", help_text="Who wrote it.")
    check_name = models.CharField(
        "check", max_length=100, blank=True, default="", help_text="The check it is for; every one when empty."
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(end__gt=F("start")),
                name="excluded_end_after_start",
                violation_error_message="It has to end after it starts.",
            ),
            models.UniqueConstraint(fields=("source", "check_name", "start"), name="excluded_once"),
        )
        indexes = (models.Index(fields=("end",), name="excluded_end"),)  # what touches the window of an uptime
        ordering = ("-start",)

    def __str__(self) -> str:
        return f"{self.reason} ({self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC)"


class HealthDay(models.Model):
    """One day (UTC) of one check, kept when its single results are gone."""

    state = models.ForeignKey(HealthCheckState, on_delete=models.CASCADE, db_index=False, related_name="days")
    day = models.DateField()
    up_seconds = models.FloatField(help_text="Healthy or warning.")
    down_seconds = models.FloatField(help_text="Critical.")
    warning_seconds = models.FloatField(default=0, help_text="The part of up that was a warning.")
    excluded_seconds = models.FloatField(default=0, help_text="Maintenance and outages of the console itself.")
    results = models.PositiveIntegerField(default=0)
    transitions = models.PositiveIntegerField(default=0)
    mean_duration_ms = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name = "day of a health check"
        verbose_name_plural = "days of health checks"
        constraints = (models.UniqueConstraint(fields=("state", "day"), name="health_day_once"),)
        ordering = ("-day", "state")

    def __str__(self) -> str:
        return f"{self.state.name} on {self.day}"
