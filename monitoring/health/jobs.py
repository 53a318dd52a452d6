"""Signs of life of the schedule: when beat last sent each periodic job, and when a worker last finished it."""

from dataclasses import dataclass
from datetime import datetime

from django_celery_beat.models import PeriodicTask

from monitoring.health.lifetime import uptime_seconds
from monitoring.health.reasons import without_secrets
from monitoring.health.status import Finding
from monitoring.health.times import span
from monitoring.leases import CLOCKS_AGREE_WITHIN
from monitoring.models import Lease, Status
from monitoring.schedule import limit_seconds, seconds

GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic task with an interval. ``error`` says why its last run failed; it is empty after one that did not."""

    name: str
    is_enabled: bool
    every_seconds: float
    sent_at: datetime | None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str = ""

    @property
    def worked_at(self) -> datetime | None:
        """When a worker last brought it to an end, or began the run that failed."""
        return self.started_at if self.error else self.finished_at

    @property
    def limit_seconds(self) -> float:
        """The age from which a sign of life is too old."""
        return limit_seconds(self.every_seconds)


def read_jobs() -> dict[str, Job]:
    """Every periodic task that has an interval, by its name, which its lease shares."""
    leases = {lease.name: lease for lease in Lease.objects.all()}
    rows = PeriodicTask.objects.filter(interval__isnull=False).select_related("interval")
    return {row.name: _job(row, leases.get(row.name)) for row in rows}


def _job(row: PeriodicTask, lease: Lease | None) -> Job:
    every_seconds = seconds(row.interval.every, row.interval.period)
    if lease is None:
        return Job(row.name, row.enabled, every_seconds, row.last_run_at)
    error = without_secrets(lease.error)[:300]
    return Job(row.name, row.enabled, every_seconds, row.last_run_at, lease.started_at, lease.finished_at, error)


def judge_sign(
    what: str, last_at: datetime | None, limit_seconds: float, now: datetime, grace_seconds: float
) -> Finding:
    """Healthy while the last sign of life is recent enough; critical after that, unknown while this process is young.

    After a start the signs are as old as the stop before it, and somebody has to be given the time to make new ones.
    """
    if last_at is None:
        text, metadata = f"{what}: never", {}
    else:
        age_seconds = (now - last_at).total_seconds()
        text, metadata = _ago(what, age_seconds), {"age_seconds": round(age_seconds, 1)}
        if -CLOCKS_AGREE_WITHIN.total_seconds() <= age_seconds <= limit_seconds:
            return Finding(Status.HEALTHY, text, metadata)
    if uptime_seconds() < grace_seconds:
        return Finding(Status.UNKNOWN, f"Starting. {text}", metadata)
    return Finding(Status.CRITICAL, f"{text}, the limit is {span(limit_seconds)}", metadata)


def _ago(what: str, age_seconds: float) -> str:
    if age_seconds < -CLOCKS_AGREE_WITHIN.total_seconds():
        return f"{what} {span(-age_seconds)} ahead of the clock, which was set back"
    return f"{what} {span(max(0.0, age_seconds))} ago"
