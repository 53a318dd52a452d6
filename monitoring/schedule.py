"""How often a periodic task runs, as the admin has it now."""

from django_celery_beat.models import IntervalSchedule, PeriodicTask

_SECONDS = {
    IntervalSchedule.DAYS: 86400.0,
    IntervalSchedule.HOURS: 3600.0,
    IntervalSchedule.MINUTES: 60.0,
    IntervalSchedule.SECONDS: 1.0,
    IntervalSchedule.MICROSECONDS: 1e-6,
}


def least_gap_seconds(name: str, otherwise: float) -> float:
    """Half the interval of a task: two beats send it twice within one, and the second one is to do nothing.

    Half, since a run that begins a little early, after one that began a little late, still has to count.
    """
    return interval_seconds(name, otherwise) / 2


def interval_seconds(name: str, otherwise: float) -> float:
    """The interval of the task called ``name``, or ``otherwise`` while it has no row with an interval."""
    row = PeriodicTask.objects.filter(name=name, interval__isnull=False).values_list(
        "interval__every", "interval__period"
    )
    found = row.first()
    return otherwise if found is None else found[0] * _SECONDS[found[1]]
