"""The beat process: sends the periodic tasks when they are due, by the schedule in the database."""

from typing import Any

from celery import signals
from django.conf import settings

from ahgd_ops.celery import app
from ahgd_ops.processes import lifetime
from ahgd_ops.processes.news import READY, SENT, wire


def run() -> int:
    signals.beat_init.connect(_announce_ready)
    signals.after_task_publish.connect(_announce_sent)
    lifetime.start_process("beat-1")
    try:
        app.Beat(
            scheduler="ahgd_ops.processes.ticking:TickingScheduler",
            loglevel=settings.CONFIG.log_level,
            redirect_stdouts=False,
            remote_control=False,
            quiet=True,
        ).run()
    finally:
        lifetime.stop_process()
    return 0


def _announce_ready(**kwargs: Any) -> None:
    wire.announce(READY)


def _announce_sent(**kwargs: Any) -> None:
    wire.announce(SENT)
