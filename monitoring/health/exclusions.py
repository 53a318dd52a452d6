"""Time that uptime does not count, written by those who know why: maintenance windows, outages of our own, people."""

from collections.abc import Iterator
from datetime import datetime

from monitoring.models import ExcludedInterval, HealthCheckState


def exclude(start: datetime, end: datetime, reason: str, source: str, check: str = "") -> None:
    """Leaves ``start`` to ``end`` out of the uptime of ``check``, or of every check; written again, it is corrected.

    ``source`` and ``start`` identify the interval; an end that is not after the start takes it back.
    """
    if end <= start:
        ExcludedInterval.objects.filter(source=source, check_name=check, start=start).delete()
        return
    fields = {"end": end, "reason": reason[:300]}
    ExcludedInterval.objects.update_or_create(source=source, check_name=check, start=start, defaults=fields)


def count_again(source: str, since: datetime) -> int:
    """Takes back what ``source`` excluded from ``since`` on: intervals that began before are cut. Gives how many."""
    mine = ExcludedInterval.objects.filter(source=source, end__gt=since)
    begun = mine.filter(start__lt=since).update(end=since)
    deleted, _ = mine.filter(start__gte=since).delete()
    return begun + deleted


def checks_with_instance() -> Iterator[tuple[str, str]]:
    """Every check that has a history and runs; the instance is the host whose own row it is, else empty."""
    current = HealthCheckState.objects.filter(retired_at__isnull=True).order_by("instance", "name")
    for name, instance in current.values_list("name", "instance"):
        yield (name.removesuffix(f"@{instance}") if instance else name), instance
