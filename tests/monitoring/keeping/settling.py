"""The same samples as rows, as chunks, and as hours alone."""

from datetime import timedelta
from typing import Final

from monitoring.clock import from_ms
from monitoring.keeping import sealing
from monitoring.models import MetricChunk, Resolution
from tests.monitoring.keeping.frames import START_MS

WAYS: Final = ("rows", "chunks", "hours")


def seal() -> None:
    """Every row there is."""
    list(sealing.seal(from_ms(START_MS) + timedelta(days=60), timedelta(0)))


def settle(kept_as: str) -> None:
    """All that was written; hours are what retention leaves of samples."""
    if kept_as != "rows":
        seal()
    if kept_as == "hours":
        MetricChunk.objects.filter(resolution=Resolution.RAW).delete()
