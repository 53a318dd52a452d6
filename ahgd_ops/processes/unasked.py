"""Work that goes on without the broker: a worker that is no longer asked for it does it unasked.

Celery only wakes the work up. Who does it is settled by leases and claims in the database, so that a worker that is
wrong about the broker does no harm.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from celery import signals
from django.db import close_old_connections

from ahgd_ops.celery import app
from monitoring.health import read_jobs

TASKS = {
    "collect": "monitoring.collect",
    "evaluate": "alerts.evaluate",
    "deliver": "alerts.deliver",
    "escalate": "alerts.escalate",
    "health": "monitoring.check_health",
    "remind": "alerts.remind",
}
"""What alerts cannot do without: rows of the schedule, and their tasks. Rules also judge what health checks say."""
MISSED_INTERVALS = 3
LOOK_SECONDS = 1.0
FIRST_GUESS_SECONDS = 1.0

log = logging.getLogger(__name__)


class Unasked(threading.Thread):
    """Runs ``task`` at its interval while the broker is silent, unless people switched it off."""

    def __init__(self, name: str, task: Callable[[], object], look_seconds: float = LOOK_SECONDS) -> None:
        super().__init__(name=f"unasked-{name}", daemon=True)
        self.task = task
        self._job, self._look_seconds = name, look_seconds
        self._every_seconds = FIRST_GUESS_SECONDS
        self._asked = time.monotonic()
        self._over = threading.Event()

    def asked(self, **kwargs: Any) -> None:
        """The broker brought the task."""
        self._asked = time.monotonic()

    def run(self) -> None:
        while not self._over.wait(self._look_seconds):
            try:
                self._look()
            except Exception:  # the edge of a thread: the database may be away too, and come back
                log.exception("%s failed, unasked.", self._job)

    def stop(self, wait_seconds: float) -> None:
        self._over.set()
        self.join(wait_seconds)

    def _look(self) -> None:
        if not self._is_overdue():
            return
        close_old_connections()
        try:
            job = read_jobs().get(self._job)
            if job is None or not job.is_enabled:
                self.asked()
                return
            self._every_seconds = job.every_seconds
            if self._is_overdue():
                log.warning("The broker is silent: %s runs unasked.", self._job)
                self.task()
                self._asked = time.monotonic() - (MISSED_INTERVALS - 1) * self._every_seconds
        finally:
            close_old_connections()

    def _is_overdue(self) -> bool:
        return time.monotonic() - self._asked >= MISSED_INTERVALS * self._every_seconds


def start() -> list[Unasked]:
    """One thread for each of ``TASKS``, which listens for the broker bringing it."""
    app.loader.import_default_modules()
    threads = [Unasked(name, app.tasks[task]) for name, task in TASKS.items()]
    for thread in threads:
        signals.task_prerun.connect(thread.asked, sender=thread.task, weak=False)
        thread.start()
    return threads
