"""Checks of what keeps the schedule going. They are judged when read: a dead beat runs no check that could say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.conf import settings

from monitoring.health.base import Check
from monitoring.health.jobs import GRACE_SECONDS, Job, judge_sign, read_jobs
from monitoring.health.status import Finding
from monitoring.models import Status
from monitoring.schedule import limit_seconds

# What has a lease that tells when a worker finished it, and the setting that switches it off.
_WORK = {
    "collect": "enable_performance_monitoring",
    "evaluate": "enable_alerting",
    "health": "enable_health_checks",
}


@dataclass
class Beat(Check):
    """Whether the schedule is kept: beat notes each task it sends (``CELERY_BEAT_SYNC_EVERY`` is 1 for that)."""

    name: ClassVar[str] = "beat"
    is_judged_when_read: ClassVar[bool] = True
    grace_seconds: float = GRACE_SECONDS

    def find(self, now: datetime) -> Finding:
        enabled = [job for job in read_jobs().values() if job.is_enabled]
        if not enabled:
            return Finding(Status.UNKNOWN, "Nothing is scheduled")
        return judge_sign("Sent a task", _sent_at(enabled), _limit_seconds(enabled), now, self.grace_seconds)


@dataclass
class Worker(Check):
    """Whether tasks are done. A worker that was sent nothing is not to blame; one whose tasks fail is a warning."""

    name: ClassVar[str] = "worker"
    is_judged_when_read: ClassVar[bool] = True
    grace_seconds: float = GRACE_SECONDS

    def find(self, now: datetime) -> Finding:
        every = read_jobs()
        enabled = _work(every)
        if not enabled:
            return Finding(Status.UNKNOWN, "No work is scheduled")
        worked_at = max((job.worked_at for job in enabled if job.worked_at), default=None)
        finding = judge_sign("Finished a task", worked_at, _limit_seconds(enabled), now, self.grace_seconds)
        sent_at = _sent_at(enabled)
        if finding.status is Status.CRITICAL and (sent_at is None or (worked_at is not None and sent_at <= worked_at)):
            return Finding(Status.UNKNOWN, f"Idle, nothing was sent. {finding.message}", finding.metadata)
        failed = [job for job in enabled if job.error]
        if finding.status is Status.HEALTHY and failed:
            text = "; ".join(f"{job.name} failed: {job.error}" for job in failed)
            return Finding(Status.WARNING, text, finding.metadata)
        return finding


def _work(every: Mapping[str, Job]) -> list[Job]:
    wanted = (every[name] for name, switch in _WORK.items() if name in every and getattr(settings.CONFIG, switch))
    return [job for job in wanted if job.is_enabled]


def _sent_at(some: list[Job]) -> datetime | None:
    return max((job.sent_at for job in some if job.sent_at), default=None)


def _limit_seconds(some: list[Job]) -> float:
    return min((job.limit_seconds for job in some), default=limit_seconds(0))
