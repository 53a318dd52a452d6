"""Checks that people add and edit as rows."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from monitoring.models.facts import Status

LONGEST_LIMIT_SECONDS = 600


class WatchedCheck(models.Model):
    """A check that people entered: what it looks at, how often, and from where on that is bad."""

    class Kind(models.TextChoices):
        HTTP = "http", "HTTP"
        TCP = "tcp", "TCP"
        CERTIFICATE = "certificate", "Certificate"
        DATA = "data", "Data files"

    name = models.CharField(
        max_length=100,
        unique=True,
        validators=(
            RegexValidator(
                r"\A[a-z0-9][a-z0-9_.-]*\Z", "Small letters, digits, and _ . - between them: rules use the name."
            ),
        ),
        help_text="As rules and history name it, such as dashboard_api. It stays for good.",
    )
    kind = models.CharField(max_length=12, choices=Kind)
    enabled = models.BooleanField(default=True)
    target = models.CharField(
        max_length=500,
        help_text="HTTP: http://host:port/path. TCP, certificate: host:port. Data: a pattern below AHGD_DATA_DIRS.",
    )
    every_seconds = models.PositiveIntegerField(
        "every (s)",
        default=60,
        validators=(MinValueValidator(5), MaxValueValidator(86400)),
        help_text="Least time between two runs.",
    )
    timeout_seconds = models.FloatField(
        "limit (s)",
        default=5,
        validators=(MinValueValidator(0.1), MaxValueValidator(LONGEST_LIMIT_SECONDS)),
        help_text="HTTP, TCP, certificate: no answer within 0.9 of it is critical. Data: when it counts as hung.",
    )
    statuses = models.CharField(
        "expected status", max_length=100, default="200-299", help_text="HTTP: 200, 200-299, or several with commas."
    )
    text = models.CharField(
        "expected text", max_length=200, blank=True, help_text="HTTP: what the first 256 KiB of the body must hold."
    )
    warning = models.FloatField(
        "warning from", null=True, blank=True, help_text="HTTP, TCP: ms. Certificate: days left. Data: hours of age."
    )
    critical = models.FloatField("critical from", null=True, blank=True, help_text="In the same unit.")
    rules = models.JSONField(
        default=dict,
        blank=True,
        help_text='Data: what the files have to look like, such as {"columns": ["sa2_code"], "rows": [1000, null]}.',
    )
    note = models.TextField(blank=True, help_text="What it is for, and whom to ask.")
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    tried_status = models.CharField(max_length=10, choices=Status, blank=True, editable=False)
    tried_message = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = "watched check"
        constraints = (
            models.CheckConstraint(condition=Q(every_seconds__gte=5), name="watched_check_interval"),
            models.CheckConstraint(condition=Q(timeout_seconds__gt=0), name="watched_check_limit"),
        )
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
