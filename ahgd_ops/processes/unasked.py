"""Work that goes on without the broker: a worker that is no longer asked for it does it unasked.

Celery only wakes the work up. Who does it is settled by leases and claims in the database, so that a worker that is
wrong about the broker does no harm.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from celery import signals
from django.db import DatabaseError, close_old_connections

from ahgd_ops.celery import app
from monitoring.health import read_jobs

TASKS = {
    "collect": "monitoring.collect",
    "evaluate": "alerts.evaluate",
    "deliver": "alerts.deliver",
    "escalate": "alerts.escalate",
    "health": "monitoring.check_health",
    "repeat": "alerts.repeat",
}
"""What alerts cannot do without: rows of the schedule, and their tasks. Rules also judge what health checks say."""
BESIDE = {"deliver": 8}
"""How often a task may run beside itself, of those that may: receivers that hang delay no other. A sweep ends with the
send that hangs longest, so that no more than these begin meanwhile."""
MISSED_INTERVALS = 3
MOST_DOUBLINGS = 6
"""Of the time between two looks, while they fail."""
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
        self._failed: Counter[str] = Counter()
        """Looks and runs, in a row."""
        self._over = threading.Event()

    def asked(self, **kwargs: Any) -> None:
        """The broker brought the task."""
        self._asked = time.monotonic()
        self._failed.clear()

    def run(self) -> None:
        while not self._over.wait(self._look_seconds * 2 ** min(max(self._failed.values(), default=0), MOST_DOUBLINGS)):
            self._attempt("look", self._look)

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
                self._work()
                self._asked = time.monotonic() - (MISSED_INTERVALS - 1) * self._every_seconds
        finally:
            close_old_connections()

    def _work(self) -> None:
        log.warning("The broker is silent: %s runs unasked.", self._job)
        self.task()

    def _attempt(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
            self._failed[what] = 0
        except Exception as error:  # noqa: BLE001  (the edge of a thread, which logs it and asks less often)
            self._failed[what] += 1
            self._say(error)

    def _say(self, error: Exception) -> None:
        if isinstance(error, DatabaseError):  # it may be away too, and come back
            log.warning("%s failed, unasked: %s", self._job, " ".join(str(error).split())[:200])
        else:
            log.error("%s failed, unasked.", self._job, exc_info=error)

    def _is_overdue(self) -> bool:
        return time.monotonic() - self._asked >= MISSED_INTERVALS * self._every_seconds


class Beside(Unasked):
    """Does not wait for one run before it begins the next, of which ``most`` may go on at once."""

    def __init__(
        self, name: str, task: Callable[[], object], look_seconds: float = LOOK_SECONDS, most: int = 1
    ) -> None:
        super().__init__(name, task, look_seconds)
        self._most = most
        self._runs: list[threading.Thread] = []

    def stop(self, wait_seconds: float) -> None:
        ends = time.monotonic() + wait_seconds
        super().stop(wait_seconds)
        for run in self._runs:
            run.join(max(0.0, ends - time.monotonic()))

    def _work(self) -> None:
        self._runs = [run for run in self._runs if run.is_alive()]
        if len(self._runs) < self._most:
            run = threading.Thread(target=self._attempt, args=["run", self._run], name=f"{self.name}-run", daemon=True)
            run.start()
            self._runs.append(run)

    def _run(self) -> None:
        try:
            super()._work()
        finally:
            close_old_connections()


def start() -> list[Unasked]:
    """The threads of each of ``TASKS``, which listen for the broker bringing it."""
    app.loader.import_default_modules()
    threads = [_thread(name, app.tasks[task]) for name, task in TASKS.items()]
    for thread in threads:
        signals.task_prerun.connect(thread.asked, sender=thread.task, weak=False)
        thread.start()
    return threads


def _thread(name: str, task: Callable[[], object]) -> Unasked:
    return Beside(name, task, most=BESIDE[name]) if name in BESIDE else Unasked(name, task)
