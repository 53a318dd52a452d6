"""How often a periodic task runs, as the admin has it now."""

from django.apps import apps
from django.db import connection

MISSED_INTERVALS = 3
SHORTEST_LIMIT_SECONDS = 30.0
LONGEST_SECONDS = 366 * 86400.0  # beyond is never; times that far away are no times for Python
_SECONDS = {"days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "microseconds": 1e-6}
_TABLE = "django_celery_beat_periodictask"
_INTERVAL = """
    SELECT pace.every, pace.period, task.enabled
    FROM django_celery_beat_periodictask AS task
    JOIN django_celery_beat_intervalschedule AS pace ON pace.id = task.interval_id
    WHERE task.name = %s
"""


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


def limit_seconds(every_seconds: float) -> float:
    """The age from which the last sign of what repeats is too old: three intervals, and short ones get some air."""
    return max(MISSED_INTERVALS * every_seconds, SHORTEST_LIMIT_SECONDS)


def seconds(every: int, period: str) -> float:
    """An interval as the schedule's rows have it."""
    return min(every * _SECONDS[period], LONGEST_SECONDS)


def _row(name: str) -> tuple[float, bool] | None:
    """Its interval in seconds, and whether it is enabled; None without a row, or a schedule to look at.

    In SQL, since a program that only records has the console's database and nothing of Celery.
    """
    with connection.cursor() as cursor:
        is_there = apps.is_installed("django_celery_beat")
        if not is_there and _TABLE not in connection.introspection.table_names(cursor):
            return None
        cursor.execute(_INTERVAL, [name])
        found = cursor.fetchone()
    return None if found is None else (seconds(found[0], found[1]), bool(found[2]))
