"""A supervised process as a value: what happened to it gives the next value, nothing here touches a process."""

import os
import signal
from dataclasses import dataclass, replace
from typing import Self

from ahgd_ops.processes.backoff import HEALTHY_SECONDS, wait_seconds
from monitoring.models import ProcessState

Phase = ProcessState.Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """Times are seconds of the monotonic clock; ``pid`` is 0 while there is no process."""

    name: str
    phase: Phase = Phase.STARTING
    since: float = 0.0  # of the phase
    pid: int = 0
    announced: bool = False  # it said itself that it is ready
    restarts: int = 0
    failures: int = 0  # in a row
    due_at: float = 0.0  # when it is to be started
    kill_at: float | None = None  # when asking ends and killing begins
    reason: str = ""

    def spawned(self, pid: int, now: float) -> Self:
        return replace(self, phase=Phase.STARTING, since=now, pid=pid, announced=False, kill_at=None)

    def heard(self) -> Self:
        return replace(self, announced=True)

    def ready(self, now: float) -> Self:
        return replace(self, phase=Phase.RUNNING, since=now)

    def asked_to_end(self, reason: str, kill_at: float) -> Self:
        """``reason`` is kept as why it ended, whatever signal does it then."""
        return replace(self, reason=reason, kill_at=kill_at)

    def died(self, reason: str, now: float) -> Self:
        """It waits for its next start: longer each time, unless it had been running well."""
        was_healthy = self.phase is Phase.RUNNING and now - self.since >= HEALTHY_SECONDS
        failures = 1 if was_healthy else self.failures + 1
        return replace(
            self,
            phase=Phase.RESTARTING,
            since=now,
            pid=0,
            restarts=self.restarts + 1,
            failures=failures,
            due_at=now + wait_seconds(failures),
            reason=self.reason if self.kill_at is not None else reason,
            kill_at=None,
        )

    def lost_one(self, reason: str) -> Self:
        """One of its own processes died and was replaced; it runs on."""
        return replace(self, restarts=self.restarts + 1, reason=reason)

    def stopped(self, now: float) -> Self:
        return replace(self, phase=Phase.STOPPED, since=now, pid=0, kill_at=None)


def ending(status: int) -> str:
    """A wait status of the operating system in words, such as ``killed by signal 9 (SIGKILL)``."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exited with code {code}"
    return f"killed by signal {-code} ({signal.Signals(-code).name})"
