"""Samples that are kept for long: packed, summed up by the hour, and spared where somebody needs them."""

from django.db import models
from django.db.models import F, Q

from monitoring.clock import from_ms
from monitoring.models.facts import Series


class Resolution(models.IntegerChoices):
    """What a sample of a chunk stands for."""

    RAW = 0, "as recorded"
    HOURLY = 3600, "an hour"


class MetricChunk(models.Model):
    """The samples of one series in one block of time, packed (monitoring/keeping/packing.py).

    There is one chunk a block, however late a sample comes. The columns beside the payload sum it up, so that a range
    that covers the whole chunk is answered without unpacking it.
    """

    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_index=False, related_name="chunks")
    resolution = models.PositiveSmallIntegerField(choices=Resolution)
    start = models.BigIntegerField("start (ms)", help_text="Where its block begins: 6 hours, of hours 10 days.")
    end = models.BigIntegerField("end (ms)", help_text="Its last sample.")
    samples = models.PositiveIntegerField(help_text="Snapshots, or hours.")
    count = models.BigIntegerField(help_text="Values that they sum up: calls, of timings.")
    minimum = models.FloatField()
    maximum = models.FloatField()
    total = models.FloatField()
    payload = models.BinaryField(editable=False)

    class Meta:
        verbose_name = "chunk"
        constraints = (
            # A range of one series is a range of this index, and so is what is past a metric's retention.
            models.UniqueConstraint(fields=("series", "resolution", "start"), name="chunk_once_a_block"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="chunk_end_after_start"),
        )

    def __str__(self) -> str:
        return f"{self.samples} samples from {from_ms(self.start):%Y-%m-%d %H:%M} UTC"


class Hold(models.Model):
    """What retention spares of a series, for as long as the row is there; ``reason`` says whose it is."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_index=False, related_name="holds")
    start = models.BigIntegerField("start (ms)")
    end = models.BigIntegerField("end (ms)", null=True, blank=True, help_text="Empty: up to whatever comes.")
    reason = models.CharField(max_length=120, help_text="Such as alert 12.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("series", "reason"), name="hold_once"),  # and retention's look-up
            models.CheckConstraint(condition=Q(end__isnull=True) | Q(end__gte=F("start")), name="hold_end_after_start"),
        )

    def __str__(self) -> str:
        return f"{self.reason}, from {from_ms(self.start):%Y-%m-%d %H:%M} UTC"


class ReadGap(models.Model):
    """Rows that were sealed or deleted before a reader, which was an hour behind, had read them."""

    reader = models.CharField(max_length=64)
    position = models.BigIntegerField(help_text="Where the reader stood; it reads on behind the gap.")
    rows = models.PositiveIntegerField(default=0)
    start = models.BigIntegerField("first (ms)")
    end = models.BigIntegerField("last (ms)")
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name = "gap of a reader"
        verbose_name_plural = "gaps of readers"
        ordering = ("-noted_at",)
        constraints = (models.UniqueConstraint(fields=("reader", "position"), name="read_gap_once"),)

    def __str__(self) -> str:
        return f"{self.reader} missed {self.rows} rows"
