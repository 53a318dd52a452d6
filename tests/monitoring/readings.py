"""Series with readings of their own times, for tests of what the console shows."""

import hashlib
from datetime import datetime

from monitoring.clock import to_ms
from monitoring.models import Metric, MetricSnapshot, Series


def record(metric: str, readings: dict[datetime, float], unit: str = "percent", **tags: str) -> Series:
    """Adds readings to the series of ``metric`` with these tags; the newest becomes its latest value."""
    row, _ = Metric.objects.get_or_create(name=metric, defaults={"unit": unit})
    name = hashlib.blake2b(f"{metric}{sorted(tags.items())}".encode(), digest_size=16).hexdigest()
    series, _ = Series.objects.get_or_create(fingerprint=name, defaults={"metric": row, "tags": tags})
    MetricSnapshot.objects.bulk_create(
        MetricSnapshot(series=series, at=to_ms(at), value=value) for at, value in readings.items()
    )
    newest = max(readings)
    Series.objects.filter(pk=series.pk).update(last_value=readings[newest], last_at=to_ms(newest))
    return series
