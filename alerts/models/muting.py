"""What people hold back: silences, and maintenance windows that come once or every week."""

from datetime import date, datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from alerts.validators import validate_matchers, validate_weekdays, validate_zone

MATCHERS_HELP = (
    'Which alerts, one matcher a line: rule=high_cpu_usage, severity!=critical, team=data, instance=~"web-.*". '
    "All have to match; write every alert as rule=~.*"
)
LONGEST_MINUTES = 7 * 24 * 60
_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
"""What has a day before it and after it in every time zone."""


class Silence(models.Model):
    """While it is in force, nothing is told of the alerts that all its matchers match."""

    matchers = models.TextField(max_length=2000, validators=[validate_matchers], help_text=MATCHERS_HELP)
    comment = models.CharField(max_length=500, help_text="Why, for whoever wonders at the quiet.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(editable=False)
    starts_at = models.DateTimeField("start")
    ends_at = models.DateTimeField("end")
    ended_at = models.DateTimeField(null=True, editable=False, help_text="When somebody ended it before its time.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-ends_at",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="silence_ends_after_its_start"),
        )
        indexes = (
            # What is in force, planned, and lately over: the gates and the page.
            models.Index(fields=("ends_at",), condition=Q(ended_at__isnull=True), name="silence_end"),
        )

    def __str__(self) -> str:
        return ", ".join(self.matchers.split("\n"))[:200]

    def is_active(self, now: datetime) -> bool:
        return self.ended_at is None and self.starts_at <= now < self.ends_at

    def is_planned(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.starts_at

    @property
    def over_at(self) -> datetime:
        return self.ended_at or self.ends_at


class MaintenanceWindow(models.Model):
    """A time in which work goes on, so that its alerts are not told: once, or every week on some days."""

    name = models.CharField(max_length=100, unique=True)
    enabled = models.BooleanField(default=True)
    matchers = models.TextField(
        max_length=2000, default="rule=~.*", validators=[validate_matchers], help_text=MATCHERS_HELP
    )
    zone = models.CharField(
        "time zone", max_length=64, default="UTC", validators=[validate_zone], help_text="Such as Australia/Sydney."
    )
    starts_on = models.DateField(
        "first day", validators=_DAYS, help_text="The day it takes place; the first one when it repeats."
    )
    starts_at = models.TimeField("start", help_text="On the clock of the time zone, also when the clocks change.")
    duration_minutes = models.PositiveIntegerField(
        "duration (minutes)",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)],
        help_text="Minutes that pass, also when the clocks change meanwhile.",
    )
    weekdays = models.CharField(
        "every week on",
        max_length=40,
        blank=True,
        validators=[validate_weekdays],
        help_text="Such as mon, thu; empty for once.",
    )
    ends_on = models.DateField(
        "last day", null=True, blank=True, validators=_DAYS, help_text="Of a window that repeats; empty: no end."
    )
    counts_in_uptime = models.BooleanField(
        default=False, help_text="Whether uptime counts this time, too. Leave it off and uptime is without it."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(1, LONGEST_MINUTES)), name="maintenance_duration_within_bounds"
            ),
        )

    def __str__(self) -> str:
        return self.name
