"""The worker process: Celery with a pool of threads, for every queue."""

import warnings
from typing import Any

from celery import signals
from celery.exceptions import SecurityWarning
from django.conf import settings

from ahgd_ops.celery import app
from ahgd_ops.processes import lifetime, unasked
from ahgd_ops.processes.news import FINISHED, READY, wire

QUEUES = ("collect", "evaluate", "deliver", "default")


def run() -> int:
    signals.worker_ready.connect(_announce_ready)
    signals.task_postrun.connect(_announce_finished)
    warnings.simplefilter("ignore", SecurityWarning)  # of running as root: what we accept is JSON, never pickle
    lifetime.start_process("worker-1")
    worker = app.Worker(
        hostname=f"worker-1@{settings.INSTANCE}",
        pool_cls="threads",
        concurrency=settings.CONFIG.worker_threads,
        queues=list(QUEUES),
        loglevel=settings.CONFIG.log_level,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        redirect_stdouts=False,
        quiet=True,
    )
    alone = unasked.start()
    worker.start()
    for thread in alone:
        thread.stop(wait_seconds=1)
    lifetime.stop_process()
    return int(worker.exitcode or 0)


def _announce_ready(**kwargs: Any) -> None:
    wire.announce(READY)


def _announce_finished(**kwargs: Any) -> None:
    wire.announce(FINISHED)
