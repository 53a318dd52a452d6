"""Periodic work of monitoring: load, call, save. Each holds its lease, so that it happens once wherever it is sent."""

import time
from datetime import timedelta

from celery import shared_task
from celery.app import app_or_default
from django.conf import settings

from monitoring import work
from monitoring.clock import database_now
from monitoring.collecting import Collecting
from monitoring.collectors import SHARED_COLLECTORS
from monitoring.collectors.celery import QueuesCollector, WorkersCollector
from monitoring.health.days import keep_days
from monitoring.keeping import sealing
from monitoring.keeping.forgetting import delete_old_chunks
from monitoring.leases import lease
from monitoring.retention import delete_old_health_records, delete_old_snapshots, forget_gone_hosts
from monitoring.schedule import least_gap_seconds

SEAL_SECONDS = 60

work.connect()
_collecting = Collecting()


@shared_task(name="monitoring.collect")
def collect_shared() -> None:
    """Reads what all hosts share; what is of one host that host reads by itself (``rounds.py``)."""
    if not settings.CONFIG.enable_performance_monitoring:
        return
    gap_seconds = least_gap_seconds("collect", settings.CONFIG.collect_seconds)
    with lease("collect", seconds=30, gap_seconds=gap_seconds) as held:
        if held is not None:
            queues = QueuesCollector(app_or_default())  # here: other threads know no present application
            _collecting.collect((*SHARED_COLLECTORS, queues, WorkersCollector()), held)


@shared_task(name="monitoring.check_health")
def check_health() -> None:
    """Runs the health checks side by side and records what they say."""
    from monitoring.health import run_and_record

    if not settings.CONFIG.enable_health_checks:
        return
    gap_seconds = least_gap_seconds("health", settings.CONFIG.health_check_interval_seconds)
    with lease("health", seconds=60, gap_seconds=gap_seconds) as held:
        if held is not None:
            run_and_record(database_now())


@shared_task(name="monitoring.retain")
def retain() -> None:
    """Deletes what is past its retention, step by step, for at most a minute."""
    keep = timedelta(hours=settings.CONFIG.metrics_retention_hours)
    ends = time.monotonic() + 60
    with lease("retention", seconds=120, gap_seconds=60) as held:
        if held is not None:
            keep_days(database_now())  # before what they are made of is deleted
        while held is not None and time.monotonic() < ends:
            now = database_now()
            deleted = delete_old_snapshots(now, keep) + delete_old_chunks(now)
            deleted += delete_old_health_records(now, keep) + forget_gone_hosts(now)
            if not deleted:
                return


@shared_task(name="monitoring.seal")
def seal() -> None:
    """Packs samples that are old enough into chunks, step by step, for at most a minute."""
    ends = time.monotonic() + 60
    with lease("seal", seconds=120, gap_seconds=least_gap_seconds("seal", SEAL_SECONDS)) as held:
        if held is not None:
            for _ in sealing.seal(database_now()):
                if time.monotonic() >= ends:
                    return
