"""The console's own work: workers, queues, the schedule, hosts, collectors, and the tasks that failed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.decorators import permission_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring import series
from monitoring.clock import from_ms, to_ms
from monitoring.health.jobs import Job, read_jobs
from monitoring.health.reasons import without_secrets
from monitoring.leases import HOST_LEASE
from monitoring.models import CollectorState, Lease, MetricSnapshot
from monitoring.schedule import pace_seconds

MISSED = 3  # intervals, after which something is late
SHORTEST_LATE = timedelta(seconds=30)
_WORKERS_SHOWN = timedelta(days=1)
_WORKER_SEEN = timedelta(seconds=60)
_FAILURES_COUNTED = timedelta(days=1)
_LONGEST_ERROR = 300


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
class Host:
    """A host as the process that looks after it says; ``error`` is empty when its last round was good."""

    name: str
    level: str
    state: str
    finished_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Reader:
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
    found = []
    for one in series.latest("process_resident_memory_bytes"):
        name, seen_at = one.tags.get("process", ""), from_ms(one.at_ms)
        if name.startswith("worker-") and now - seen_at < _WORKERS_SHOWN:
            level, state = ("ok", "running") if now - seen_at < _WORKER_SEEN else ("unknown", "not seen")
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
    level, state = progress(job.is_enabled, job.error, job.finished_at or job.sent_at, every, now)
    return Scheduled(job, level, state, every, next_at)


def hosts(now: datetime) -> list[Host]:
    found = []
    for lease in Lease.objects.filter(name__startswith=HOST_LEASE).order_by("name"):
        is_held = lease.expires_at > now
        level, state = progress(True, lease.error, lease.finished_at, timedelta(0), now)
        level, state = (level, state) if is_held else ("unknown", "nobody looks after it")
        name = lease.name.removeprefix(HOST_LEASE)
        found.append(Host(name, level, state, lease.finished_at, _shown(lease.error)))
    return found


def collectors(now: datetime) -> list[Reader]:
    """What failed first."""
    pace = timedelta(seconds=pace_seconds("collect", 0) or 0)
    found = [_reader(row, pace, now) for row in CollectorState.objects.order_by("name", "instance")]
    return sorted(found, key=lambda reader: reader.level != "critical")


def _reader(row: CollectorState, pace: timedelta, now: datetime) -> Reader:
    every = max(pace, timedelta(seconds=row.every_seconds))
    level, state = progress(row.enabled, row.error, row.finished_at, every, now)
    return Reader(row, level, state, every, _shown(row.error))


def failures(now: datetime) -> list[tuple[str, int]]:
    """Tasks that failed in the last day, and how often; the worst first."""
    rows = MetricSnapshot.objects.filter(
        series__metric__name="celery_task_failures_total", at__gte=to_ms(now - _FAILURES_COUNTED)
    )
    sums = rows.values_list("series__tags").annotate(times=Sum("value"))
    return sorted(((tags.get("task", "other"), int(times)) for tags, times in sums), key=lambda pair: -pair[1])


def progress(
    is_enabled: bool, error: str, done_at: datetime | None, every: timedelta, now: datetime
) -> tuple[str, str]:
    """Level and word of something that repeats ``every`` so often and was last done at ``done_at``."""
    if not is_enabled:
        return "unknown", "switched off"
    if error:
        return "critical", "failed"
    if done_at is None:
        return "unknown", "never done"
    if now - done_at > max(MISSED * every, SHORTEST_LATE):
        return "warning", "late"
    return "ok", "on time"


def _shown(error: str) -> str:
    return without_secrets(error)[:_LONGEST_ERROR]
