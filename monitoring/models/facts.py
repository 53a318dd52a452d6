"""Facts and their bookkeeping. Times of samples are integers, milliseconds since the epoch (UTC)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from monitoring.kinds import Kind as Kind

LONGEST_DATABASE = 200  # characters of the name of a database that is asked


class Metric(models.Model):
    """A name with its kind, unit, category and help."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GAUGE)
    unit = models.CharField(max_length=32, blank=True, help_text="Base unit, such as seconds, bytes or percent.")
    category = models.CharField(max_length=64, blank=True, help_text="Group in the console, such as system.")
    help = models.TextField(blank=True, help_text="One sentence, shown on /metrics and beside the chart.")
    most_series = models.PositiveIntegerField(
        null=True, blank=True, help_text="Sets of tags that are told apart; the others become one. 1000 when empty."
    )
    raw_days = models.PositiveIntegerField(
        "samples kept (days)",
        null=True,
        blank=True,
        validators=(MinValueValidator(1), MaxValueValidator(36500)),
        help_text="Each sample as recorded. When empty, as long as AHGD_METRICS_RETENTION_HOURS says.",
    )
    hourly_days = models.PositiveIntegerField(
        "hours kept (days)",
        null=True,
        blank=True,
        validators=(MinValueValidator(1), MaxValueValidator(36500)),
        help_text="Sums of each hour. When empty, as long as AHGD_HOURLY_RETENTION_DAYS says.",
    )

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
    count = models.BigIntegerField(default=0, help_text="Values ever recorded.")
    total = models.FloatField(default=0, help_text="Their sum. Counters and timings on /metrics go on from here.")
    histogram = models.BinaryField(null=True, editable=False)  # timings: a sketch at scale 0, bounds are powers of two
    open_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until then nothing is sealed: somebody corrects snapshots."
    )

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
    sketch = models.BinaryField(null=True, editable=False)  # timings: monitoring/sketch.py
    edited = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = "snapshot"
        indexes = (models.Index(fields=("series", "at"), name="snapshot_series_at"),)  # a chart's range of one series

    def __str__(self) -> str:
        return f"{self.value:g} of series {self.series_id} at {self.at}"


class CollectorState(models.Model):
    """A collector on a host: whether and how often it reads, and what came of it the last time.

    ``instance`` is empty for what all hosts share, such as the broker's queues.
    """

    name = models.CharField(max_length=64)
    instance = models.CharField(max_length=253, blank=True, default="")
    enabled = models.BooleanField(default=True)
    every_seconds = models.FloatField(
        default=0,
        validators=(MinValueValidator(0), MaxValueValidator(86400)),
        help_text="Least time between two readings, at most a day (86400); 0: at each run of the job collect.",
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="When it last read without an error.")
    duration_ms = models.FloatField(null=True, blank=True)
    series = models.PositiveIntegerField(default=0, help_text="Series it gave the last time.")
    error = models.TextField(blank=True)
    memory = models.JSONField(default=dict, blank=True, editable=False)  # what cumulative sources said last

    class Meta:
        verbose_name = "collector"
        constraints = (
            models.UniqueConstraint(fields=("instance", "name"), name="collector_once_per_host"),
            models.CheckConstraint(condition=Q(every_seconds__range=(0, 86400)), name="collector_interval"),
        )
        ordering = ("instance", "name")

    def __str__(self) -> str:
        return f"{self.name} on {self.instance}" if self.instance else self.name


class SlowQuery(models.Model):
    """A shape of query that was slow, or was repeated within one request, with nothing of its values."""

    database = models.CharField(max_length=LONGEST_DATABASE, help_text="An alias, the path of a file, or an address.")
    vendor = models.CharField(max_length=32)
    query = models.CharField(max_length=200, help_text="As in the tag of db_query_duration_seconds.")
    text = models.TextField(help_text="Literals are replaced by question marks.")
    count = models.BigIntegerField(default=0, help_text="Times it was slow.")
    slowest_seconds = models.FloatField(default=0)
    parameters = models.TextField(blank=True, help_text="Types and lengths in the slowest execution; never values.")
    where = models.CharField(max_length=200, blank=True, help_text="The page or task of the slowest execution.")
    repeats = models.PositiveIntegerField(default=0, help_text="Most executions within one request (N+1).")
    repeated_in = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    plan = models.TextField(blank=True, help_text="The database's plan, when someone asked for it.")
    planned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "slow queries"
        constraints = (models.UniqueConstraint(fields=("database", "query"), name="slow_query_once"),)
        ordering = ("-last_at",)

    def __str__(self) -> str:
        return self.query


class QueryShape(models.Model):
    """A shape of query that was executed, with nothing of its values; its figures are in the series of its name."""

    database = models.CharField(max_length=LONGEST_DATABASE)
    vendor = models.CharField(max_length=32)
    query = models.CharField(max_length=200, help_text="As in the tag of db_query_duration_seconds.")
    text = models.TextField(help_text="Literals are replaced by question marks.")
    first_at = models.DateTimeField()
    plan = models.TextField(blank=True)
    advice = models.JSONField(default=list, blank=True, help_text="Indexes that the plan misses.")
    planned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("database", "query"), name="query_shape_once"),)

    def __str__(self) -> str:
        return self.query


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

    name = models.CharField(max_length=300, primary_key=True)
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
    """A health check and its latest result.

    What a host says of itself has a row a host, such as ``disk@host-b`` with its ``instance``; the row ``disk``, whose
    ``instance`` is empty, is what all hosts together come to, and what rules and probes look at.
    """

    name = models.CharField(max_length=360, unique=True)
    instance = models.CharField(max_length=253, blank=True, default="", help_text="The host, where it is of one host.")
    status = models.CharField(max_length=10, choices=Status, default=Status.UNKNOWN)
    message = models.TextField(blank=True)
    duration_ms = models.FloatField(default=0)
    metadata = models.JSONField(default=dict, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True, help_text="Since when the status is what it is.")
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is not checked any more: switched off, or taken away."
    )

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
