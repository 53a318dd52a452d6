"""What uptime is computed from besides the results of checks."""

from django.db import models
from django.db.models import F, Q


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
