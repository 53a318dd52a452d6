"""A rule: a condition over facts, how long it has to hold, and whom to tell; and the state of each of its instances."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from simple_history.models import HistoricalRecords

from alerts.models.channel import Channel
from alerts.models.severity import Severity
from alerts.validators import validate_condition, validate_message

_NOT_HISTORY = ("seeded_from", "coded", "broken_reason", "created_at", "updated_at")


class NoData(models.TextChoices):
    """What silence means."""

    OK = "ok", "It is over"
    KEEP = "keep", "Keep the state"
    ALERT = "alert", "Alert"


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
    recovery_condition = models.TextField(
        blank=True,
        validators=[validate_condition],
        help_text="The alert resolves when the condition is false and this is true; empty asks for the first only.",
    )
    no_data = models.CharField(
        max_length=5,
        choices=NoData,
        default=NoData.KEEP,
        help_text="What silence of a series or check means. Counters and timings are silent when nothing happens.",
    )
    no_data_after_seconds = models.PositiveIntegerField(
        "no data after (seconds)",
        default=300,
        validators=[MinValueValidator(10), MaxValueValidator(30 * 86400)],
        help_text="Silence of this long is no data.",
    )
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.MEDIUM)
    worse_condition = models.TextField(
        blank=True,
        validators=[validate_condition],
        help_text="While this is true the alert has the worse severity, up and down in place.",
    )
    worse_severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.CRITICAL)
    depends_on = models.ManyToManyField(
        "self",
        blank=True,
        symmetrical=False,
        related_name="dependents",
        help_text="While one of these fires on what shares its tags, this rule keeps its state.",
    )
    owner_channel = models.ForeignKey(
        Channel,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="owned_rules",
        help_text="Told when the rule itself breaks; empty tells the channels of the rule.",
    )
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
        default=15,
        validators=[MaxValueValidator(30 * 1440)],
        help_text="A channel hears of the same instance at most once in this time, unless it gets worse.",
    )
    max_alerts_per_hour = models.PositiveIntegerField(
        default=10, validators=[MaxValueValidator(10_000)], help_text="Messages per hour before they are held."
    )
    tags = models.JSONField(default=dict, blank=True, help_text='For grouping and silencing, such as {"team": "data"}.')

    seeded_from = models.CharField(max_length=100, blank=True, editable=False, help_text="Where the row came from.")
    coded = models.JSONField(
        default=dict, blank=True, editable=False, help_text="Fields as code last set them; what differs was edited."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    broken_reason = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords(
        excluded_fields=list(_NOT_HISTORY),
        m2m_fields=[channels, depends_on],
    )

    class Meta:
        ordering = ("name",)
        indexes = (
            # What a cycle asks of the rules when nothing changed: whether they changed, and which are broken.
            models.Index(fields=("enabled", "version", "updated_at", "id"), name="rule_changes"),
            models.Index(fields=("id",), condition=~models.Q(broken_reason=""), name="rule_broken"),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(severity__in=Severity.values), name="rule_severity_known"),
            models.CheckConstraint(condition=models.Q(worse_severity__in=Severity.values), name="rule_worse_known"),
            models.CheckConstraint(condition=models.Q(no_data__in=NoData.values), name="rule_no_data_known"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Counts a version up when what is judged was edited, so that instances of the old text are judged anew.

        The history gets a row only when something that people edit is different.
        """
        stored = Rule.objects.filter(pk=self.pk).values(*EDITED, "version").first() if self.pk else None
        self.__dict__.pop(_SKIP_HISTORY, None)
        if stored is not None:
            if any(stored[name] != getattr(self, name) for name in JUDGED):
                self.version = stored["version"] + 1
            if all(stored[name] == getattr(self, name) for name in EDITED):
                setattr(self, _SKIP_HISTORY, True)
        super().save(*args, **kwargs)


_SKIP_HISTORY = "skip_history_when_saving"  # the name that django-simple-history looks for
JUDGED = ("condition", "recovery_condition", "worse_condition")
EDITED = tuple(
    field.attname for field in Rule._meta.concrete_fields if field.name not in (*_NOT_HISTORY, "id", "version")
)


class Instance(models.Model):
    """The state of a rule on one series or health check; there is a row only while it is not ok, or flaps."""

    class State(models.TextChoices):
        OK = "ok"
        PENDING = "pending"
        FIRING = "firing"
        RECOVERING = "recovering"
        NO_DATA = "no_data", "No data"

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="instances")
    fingerprint = models.CharField(max_length=120, help_text="Of the subject: a series or a health check.")
    state = models.CharField(max_length=12, choices=State)
    active_since = models.DateTimeField(null=True, blank=True, help_text="Since when the condition has been true.")
    false_since = models.DateTimeField(null=True, blank=True, help_text="Since when it is false, while recovering.")
    severity = models.PositiveSmallIntegerField(default=0, help_text="Of its alert; 0 while there is none.")
    flapping_since = models.DateTimeField(null=True, blank=True, help_text="Since when its changes are not told.")
    rule_version = models.PositiveIntegerField()
    value = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("rule", "fingerprint"), name="instance_once"),)
        indexes = (
            models.Index(
                fields=("flapping_since",), condition=models.Q(flapping_since__isnull=False), name="instance_flaps"
            ),  # whether it has calmed down
        )

    def __str__(self) -> str:
        return f"{self.rule_id}/{self.fingerprint}: {self.state}"
