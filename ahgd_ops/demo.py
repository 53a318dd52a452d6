"""Whether there is made-up history (``scripts/demo``), which pages then say."""

from monitoring.models import Series


def is_here() -> bool:
    """One indexed read: the demo's host has its processor among its series."""
    return Series.objects.filter(metric__name="cpu_usage_percent", tags__demo="made up").exists()
