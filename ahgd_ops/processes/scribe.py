"""Writes the processes' states to the database, in a short-lived process of its own.

The supervisor itself never opens the database: whatever that does (locked, away, hanging), supervision goes on, and a
fork never inherits a connection.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import Error as DatabaseError

from ahgd_ops.processes.child import Child
from monitoring.models import ProcessState

SEEN_SECONDS = 15.0  # how often a state is confirmed that did not change
LIMIT_SECONDS = 10.0
RETRY_SECONDS = 5.0
LAST_SECONDS = 3.0
_UPDATED = ("phase", "pid", "restarts", "changed_at", "seen_at", "reason")


@dataclass(frozen=True, slots=True)
class Moment:
    """The same instant on both clocks."""

    monotonic: float
    at: datetime

    def when(self, monotonic: float) -> datetime:
        return self.at - timedelta(seconds=self.monotonic - monotonic)


def record(children: Sequence[Child], now: Moment) -> int:
    """Makes or updates one row per child; an exit code, as this is all its process does."""
    rows = [
        ProcessState(
            name=child.name,
            instance=settings.INSTANCE,
            phase=child.phase,
            pid=child.pid or None,
            restarts=child.restarts,
            changed_at=now.when(child.since),
            seen_at=now.at,
            reason=child.reason[:200],
        )
        for child in children
    ]
    try:
        ProcessState.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=("instance", "name"), update_fields=_UPDATED
        )
    except DatabaseError:  # the supervisor says so once, and tries again
        return 1
    return 0


class Scribe:
    """At most one writing process at a time; one that takes too long is killed, what failed is written again."""

    def __init__(self, fork: Callable[[Callable[[], int]], int], say: Callable[[str], None]) -> None:
        self._fork = fork
        self._say = say
        self._written: tuple[Child, ...] = ()
        self._pid = 0
        self._is_failing = False
        self.due_at = 0.0  # monotonic: when it has something to do again

    def write(self, children: tuple[Child, ...], now: Moment) -> None:
        """Begins to write what changed, or once in a while that nothing did."""
        if self._pid:
            if now.monotonic >= self.due_at:
                os.kill(self._pid, signal.SIGKILL)
                self.due_at = now.monotonic + LIMIT_SECONDS
            return
        if now.monotonic < self.due_at and (self._is_failing or _shown(children) == _shown(self._written)):
            return
        try:
            self._pid = self._fork(partial(record, children, now))
        except OSError:
            self.due_at = now.monotonic + RETRY_SECONDS
        else:
            self._written = children
            self.due_at = now.monotonic + LIMIT_SECONDS

    def ended(self, pid: int, status: int, now: float) -> None:
        if pid != self._pid:
            return
        self._pid = 0
        failed = status != 0
        self.due_at = now + (RETRY_SECONDS if failed else SEEN_SECONDS)
        if failed and not self._is_failing:
            self._say("The database does not take the processes' states; they are written when it does.")
        self._is_failing = failed

    def write_last(self, children: tuple[Child, ...], now: Moment) -> None:
        """Waits for this one, within limits: afterwards nobody is left who could write."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        try:
            pid = self._fork(partial(record, children, now))
        except OSError:
            return
        until = time.monotonic() + LAST_SECONDS
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)


def _shown(children: Sequence[Child]) -> list[tuple[object, ...]]:
    return [(child.phase, child.pid, child.restarts, child.reason) for child in children]
