"""The console's own work: workers, queues, the schedule, hosts, collectors, and the tasks that failed."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring import series
from monitoring.clock import from_ms, to_ms
from monitoring.collectors.celery import worker_seen_within
from monitoring.health.jobs import Job, read_jobs
from monitoring.health.reasons import without_secrets
from monitoring.host_leases import COLLECT, HostLease, collectors_in_use, host_leases
from monitoring.leases import CLOCKS_AGREE_WITHIN
from monitoring.models import CollectorState
from monitoring.rounds import ROUNDS
from monitoring.schedule import limit_seconds

_SHOWN = timedelta(days=1)
_FAILURES_COUNTED = timedelta(days=1)
_LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Progress:
    """Of something that repeats: a level, which colours it, and the word for it."""

    level: str
    state: str


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    instance: str
    level: str
    state: str
    memory_bytes: float
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    waiting: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A job of the schedule; ``next_at`` is None while it is off, or has never been sent."""

    job: Job
    level: str
    state: str
    every: timedelta
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class HostJob:
    """What a host does by itself, as the process that does it says; ``error`` is empty when its last round was good."""

    name: str
    job: str
    level: str
    state: str
    every: timedelta
    finished_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class HostCollector:
    """A collector on a host, or of what hosts share; ``every`` is the interval that it is read at."""

    row: CollectorState
    level: str
    state: str
    every: timedelta
    error: str


@require_safe
@permission_required("ahgd_monitoring.view_series", raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    shown = {
        "workers": workers(now),
        "queues": queues(),
        "schedule": schedule(now),
        "hosts": hosts(now),
        "collectors": collectors(now),
        "failures": failures(now),
    }
    return render(request, "console/jobs.html", shown)


def workers(now: datetime) -> list[Worker]:
    """Those that measured themselves in the last day."""
    found, seen_within = [], worker_seen_within()
    for one in series.latest("process_resident_memory_bytes", to_ms(now - _SHOWN)):
        name, seen_at = one.tags.get("process", ""), from_ms(one.at_ms)
        if name.startswith("worker-"):
            level, state = ("ok", "running") if now - seen_at < seen_within else ("unknown", "not seen")
            found.append(Worker(name, one.tags.get("instance", ""), level, state, one.value, seen_at))
    return sorted(found, key=lambda worker: (worker.instance, worker.name))


def queues() -> list[Queue]:
    found = series.latest("celery_queue_length")
    return sorted(
        (Queue(one.tags.get("queue", ""), int(one.value), from_ms(one.at_ms)) for one in found),
        key=lambda queue: queue.name,
    )


def schedule(now: datetime) -> list[Scheduled]:
    return [_scheduled(job, now) for _, job in sorted(read_jobs().items())]


def _scheduled(job: Job, now: datetime) -> Scheduled:
    every = timedelta(seconds=job.every_seconds)
    next_at = job.sent_at + every if job.is_enabled and job.sent_at else None
    how = progress(job.is_enabled, job.error, job.finished_at or job.sent_at, every, now)
    return Scheduled(job, how.level, how.state, every, next_at)


def hosts(now: datetime) -> list[HostJob]:
    """Those that somebody looked after in the last day."""
    paces = _paces()
    return [_host(lease, paces.get(lease.job), now) for lease in host_leases(now - _SHOWN)]


def _paces() -> dict[str, float | None]:
    """Intervals in seconds of what hosts do by themselves; None for what the schedule or the settings switch off."""
    return {each.job: each.every_seconds() for each in ROUNDS}


def _host(lease: HostLease, pace: float | None, now: datetime) -> HostJob:
    row, every = lease.row, timedelta(seconds=pace or 0)
    how = progress(pace is not None, row.error, row.finished_at, every, now)
    if pace is not None and row.expires_at <= now:
        how = Progress("unknown", "nobody looks after it")
    return HostJob(lease.instance, lease.job, how.level, how.state, every, row.finished_at, _shown(row.error))


def collectors(now: datetime) -> list[HostCollector]:
    """What failed first."""
    pace = _paces()[COLLECT]
    found = [_collector(row, pace, now) for row in collectors_in_use(now).order_by("name", "instance")]
    return sorted(found, key=lambda collector: collector.level != "critical")


def _collector(row: CollectorState, pace: float | None, now: datetime) -> HostCollector:
    every = timedelta(seconds=max(pace or 0.0, row.every_seconds))
    how = progress(row.enabled and pace is not None, row.error, row.finished_at, every, now)
    return HostCollector(row, how.level, how.state, every, _shown(row.error))


def failures(now: datetime) -> list[tuple[str, int]]:
    """Tasks that failed in the last day, and how often; the worst first."""
    times: Counter[str] = Counter()
    for answer in series.window("sum", "celery_task_failures_total", now - _FAILURES_COUNTED, now):
        times[answer.about.tags.get("task", "other")] += int(answer.value)
    return times.most_common()


def progress(is_enabled: bool, error: str, done_at: datetime | None, every: timedelta, now: datetime) -> Progress:
    """Of something that repeats ``every`` so often and was last done at ``done_at``."""
    if not is_enabled:
        return Progress("unknown", "switched off")
    if error:
        return Progress("critical", "failed")
    if done_at is None:
        return Progress("unknown", "never done")
    if not -CLOCKS_AGREE_WITHIN <= now - done_at <= timedelta(seconds=limit_seconds(every.total_seconds())):
        return Progress("warning", "late")
    return Progress("ok", "on time")


def _shown(error: str) -> str:
    return without_secrets(error)[:_LONGEST_ERROR]
