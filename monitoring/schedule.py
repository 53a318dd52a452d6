"""How often a periodic task runs, as the admin has it now."""

from django.apps import apps

_SECONDS = {"days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "microseconds": 1e-6}


def least_gap_seconds(name: str, otherwise: float) -> float:
    """Half the interval of a task: two beats send it twice within one, and the second one is to do nothing.

    Half, since a run that begins a little early, after one that began a little late, still has to count.
    """
    return interval_seconds(name, otherwise) / 2


def interval_seconds(name: str, otherwise: float) -> float:
    """The interval of the task called ``name``, or ``otherwise`` while it has no row with an interval."""
    found = _row(name)
    return otherwise if found is None else found[0]


def pace_seconds(name: str, otherwise: float) -> float | None:
    """As above; None while people have switched the task off."""
    found = _row(name)
    if found is None:
        return otherwise
    return found[0] if found[1] else None


def _row(name: str) -> tuple[float, bool] | None:
    """Its interval in seconds, and whether it is enabled. A program that only records has no schedule to look at."""
    if not apps.is_installed("django_celery_beat"):
        return None
    from django_celery_beat.models import PeriodicTask

    rows = PeriodicTask.objects.filter(name=name, interval__isnull=False)
    found = rows.values_list("interval__every", "interval__period", "enabled").first()
    return None if found is None else (found[0] * _SECONDS[found[1]], found[2])
