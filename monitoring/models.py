"""Facts and their bookkeeping. Times of samples are integers, milliseconds since the epoch (UTC)."""

from django.db import models
from django.db.models import Q


class Kind(models.TextChoices):
    """What a value means: ``catalogue.py`` gives each metric one."""

    GAUGE = "gauge"
    COUNTER = "counter"
    TIMING = "timing"


class Metric(models.Model):
    """A name with its kind, unit, category and help."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GAUGE)
    unit = models.CharField(max_length=32, blank=True, help_text="Base unit, such as seconds, bytes or percent.")
    category = models.CharField(max_length=64, blank=True, help_text="Group in the console, such as system.")
    help = models.TextField(blank=True, help_text="One sentence, shown on /metrics and beside the chart.")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Series(models.Model):
    """A metric and one set of tags, with its latest value so that reading it is one indexed read."""

    metric = models.ForeignKey(Metric, on_delete=models.CASCADE, related_name="series")
    tags = models.JSONField(default=dict, blank=True)
    fingerprint = models.CharField(max_length=32, unique=True)  # the recorder's look-up
    last_value = models.FloatField(null=True, blank=True)
    last_at = models.BigIntegerField("last at (ms)", null=True, blank=True)

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        inside = ", ".join(f'{key}="{value}"' for key, value in sorted(self.tags.items()))
        return f"{self.metric.name}{{{inside}}}" if inside else self.metric.name


class MetricSnapshot(models.Model):
    """One reading of a series over one flush interval."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_index=False, related_name="snapshots")
    at = models.BigIntegerField("at (ms)")
    value = models.FloatField(help_text="Gauge: the last value. Counter: the increase. Timing: the slowest, seconds.")
    count = models.BigIntegerField(null=True, blank=True)
    total = models.FloatField(null=True, blank=True)
    minimum = models.FloatField(null=True, blank=True)
    maximum = models.FloatField(null=True, blank=True)
    edited = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = "snapshot"
        indexes = (models.Index(fields=("series", "at"), name="snapshot_series_at"),)  # a chart's range of one series

    def __str__(self) -> str:
        return f"{self.value:g} of series {self.series_id} at {self.at}"


class ReadCursor(models.Model):
    """How far a reader of rows with growing ids has read; what it has not read is kept for it."""

    reader = models.CharField(max_length=64, primary_key=True)
    table = models.CharField(max_length=64, help_text="Whose ids the position counts.")
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(help_text="One that has not moved for an hour holds nothing back any more.")

    def __str__(self) -> str:
        return f"{self.reader} at {self.position}"


class Lease(models.Model):
    """The right to do one kind of work now, and what came of it the last time.

    ``fence`` grows with each holder, so that a holder that was frozen past its end is told apart.
    """

    name = models.CharField(max_length=120, primary_key=True)
    holder = models.CharField(max_length=120, blank=True)
    fence = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField()
    free_at = models.DateTimeField(help_text="Nobody else begins before this, even when the holder is done.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    duration_ms = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class Status(models.TextChoices):
    """Of a health check; worst is last but unknown, which is not known to be bad."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class HealthCheckState(models.Model):
    """A health check and its latest result."""

    name = models.CharField(max_length=100, unique=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.UNKNOWN)
    message = models.TextField(blank=True)
    duration_ms = models.FloatField(default=0)
    metadata = models.JSONField(default=dict, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True, help_text="Since when the status is what it is.")

    class Meta:
        verbose_name = "health check"
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name}: {self.status}"


class HealthRecord(models.Model):
    """One result of one health check; transitions are kept longest, uptime is computed from them."""

    state = models.ForeignKey(HealthCheckState, on_delete=models.CASCADE, db_index=False, related_name="records")
    at = models.BigIntegerField("at (ms)")
    status = models.CharField(max_length=10, choices=Status)
    message = models.TextField(blank=True)
    duration_ms = models.FloatField()
    metadata = models.JSONField(default=dict, blank=True)
    is_transition = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=("state", "at"), name="health_state_at"),  # the heartbeat bar
            models.Index(fields=("state", "at"), name="health_transitions", condition=Q(is_transition=True)),  # uptime
        )

    def __str__(self) -> str:
        return f"{self.status} at {self.at}"


class ProcessState(models.Model):
    """A process of the console as its supervisor sees it: running, restarting or stopped."""

    class Phase(models.TextChoices):
        STARTING = "starting"
        RUNNING = "running"
        RESTARTING = "restarting"
        STOPPED = "stopped"

    name = models.CharField(max_length=64)
    instance = models.CharField(max_length=253)
    phase = models.CharField(max_length=12, choices=Phase)
    pid = models.IntegerField(null=True, blank=True)
    restarts = models.IntegerField(default=0)
    changed_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When the supervisor last said so.")
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is not running, or last was not.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("instance", "name"), name="process_once_per_host"),)
        ordering = ("instance", "name")

    def __str__(self) -> str:
        return f"{self.name} on {self.instance}: {self.phase}"
