"""What is remembered of those who push (``monitoring/ingest``)."""

from django.db import models


class PushReceipt(models.Model):
    """A delivery that has come, so that it counts once; kept for two days."""

    digest = models.CharField(max_length=64, primary_key=True)  # SHA-256 of who sent it and its name
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("at",), name="push_receipt_at"),)  # those that are over

    def __str__(self) -> str:
        return f"{self.digest} at {self.at}"


class PushedTotal(models.Model):
    """The last cumulative value of a series, from which the next one is an increase."""

    fingerprint = models.CharField(max_length=32, primary_key=True)
    value = models.FloatField()
    at = models.BigIntegerField("at (ms)")

    def __str__(self) -> str:
        return f"{self.fingerprint} at {self.value:g}"


class PushAllowance(models.Model):
    """How often a source has sent in the present minute since the epoch."""

    source = models.CharField(max_length=100, primary_key=True)
    minute = models.BigIntegerField()
    requests = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.source}: {self.requests}"
