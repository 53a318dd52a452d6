"""The Celery application and the whole schedule, on one screen.

Beat reads the schedule from the database (django-celery-beat), where people edit it; ``ensure_schedule`` makes the rows
that are missing and never touches one that is there.
"""

import os
from dataclasses import dataclass

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ahgd_ops.settings")

app = Celery("ahgd_ops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["monitoring", "alerts", "ahgd_ops"])


@dataclass(frozen=True, slots=True)
class Periodic:
    """One row of the schedule: a run that could not begin within ``every_seconds`` is dropped, the next one serves."""

    name: str
    task: str
    every_seconds: int
    does: str


def schedule() -> tuple[Periodic, ...]:
    config = settings.CONFIG
    return (
        Periodic(
            "collect",
            "monitoring.collect",
            config.collect_seconds,
            "Reads what hosts share; the interval is the hosts' own, too",
        ),
        Periodic("evaluate", "alerts.evaluate", config.evaluate_seconds, "Judges the rules on what is new"),
        Periodic("deliver", "alerts.deliver", 5, "Sends what is due, rescues what was left"),
        Periodic("escalate", "alerts.escalate", 10, "Tells the next ones where nobody took an alert on"),
        Periodic("escalation-audit", "alerts.audit_escalations", 60, "Finds escalation steps that did not run"),
        Periodic("health", "monitoring.check_health", config.health_check_interval_seconds, "Runs the health checks"),
        Periodic("repeat", "alerts.repeat", 30, "Repeats what still fires, notes maintenance"),
        Periodic("seal", "monitoring.seal", 60, "Packs samples that are an hour old"),
        Periodic("retention", "monitoring.retain", 3600, "Deletes what is past its retention"),
        Periodic("alert-retention", "alerts.retain", 3600, "Deletes alerts that are long over"),
        Periodic("sessions", "ahgd_ops.clear_sessions", 3600, "Deletes expired sign-ins"),
    )


def ensure_schedule() -> None:
    """Makes the schedule's missing rows; existing ones belong to the people who edit them."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    for row in schedule():
        interval, _ = IntervalSchedule.objects.get_or_create(every=row.every_seconds, period=IntervalSchedule.SECONDS)
        PeriodicTask.objects.get_or_create(
            name=row.name,
            defaults={
                "task": row.task,
                "interval": interval,
                "expire_seconds": row.every_seconds,
                "description": row.does,
            },
        )
