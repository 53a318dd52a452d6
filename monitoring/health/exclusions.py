"""Time that uptime does not count, written by those who know why: maintenance windows, outages of our own, people."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from monitoring.models import ExcludedInterval, HealthCheckState


def exclude(start: datetime, end: datetime, reason: str, source: str, *, checks: Sequence[str] = ("",)) -> None:
    """Leaves ``start`` to ``end`` out of the uptime of ``checks``, or of every check; written again, it is corrected.

    ``source``, ``start`` and the check identify an interval; an end that is not after the start takes it back.
    """
    if end <= start:
        ExcludedInterval.objects.filter(source=source, check_name__in=checks, start=start).delete()
        return
    fields = {"end": end, "reason": reason[:300]}
    noted = set(
        ExcludedInterval.objects.filter(source=source, start=start, **fields).values_list("check_name", flat=True)
    )
    for check in checks:
        if check not in noted:
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
