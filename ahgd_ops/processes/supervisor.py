"""Keeps web, worker and beat running until it is told to stop.

One thread, one loop: it forks, waits for signals, deaths and news, and decides by the values in ``child.py``. It never
opens the database; ``scribe.py`` does, in a process of its own.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ahgd_ops.config import ProductionConfig
from ahgd_ops.processes import inspection, news, readiness
from ahgd_ops.processes.child import Child, Phase, ending
from ahgd_ops.processes.forking import fork
from ahgd_ops.processes.inbox import Inbox
from ahgd_ops.processes.roles import Role
from ahgd_ops.processes.scribe import Moment, Scribe

START_SECONDS = 60.0  # a process that is not ready by then is started again
INSPECT_SECONDS = 30.0
STARTING_POLL_SECONDS = 0.1
KILL_AGAIN_SECONDS = 1.0  # a process that waits for a disk dies later
STOPPED_BY_FORCE = 130  # as a shell says after a second Ctrl-C


class Supervisor:
    """``on_ready`` is called once, when all roles are up for the first time; ``say`` prints a line for people."""

    def __init__(
        self, roles: Sequence[Role], config: ProductionConfig, say: Callable[[str], None], on_ready: Callable[[], None]
    ) -> None:
        self._run = {role.name: role.run for role in roles}
        self._children = {role.name: Child(name=role.name) for role in roles}
        self._config = config
        self._say = say
        self._on_ready = on_ready
        self._was_ready = False
        self._is_stopping = False
        self._inspect_at = time.monotonic() + INSPECT_SECONDS
        self._last = {news.SENT: 0.0, news.FINISHED: 0.0}
        self._news_reader, self._news_writer = os.pipe()
        self._lifeline, self._lifeline_writer = os.pipe()
        os.set_blocking(self._news_reader, False)
        self._scribe = Scribe(self._fork, say)

    def run(self) -> int:
        """Works until TERM, INT or HUP; the exit code of the whole."""
        with Inbox(self._news_reader) as inbox:
            while not self._is_over():
                now = time.monotonic()
                if self._obey(inbox.signals(), now):
                    return STOPPED_BY_FORCE
                self._bury(inbox.dead(), now)
                self._listen(now)
                self._start_due(now)
                self._greet(now)
                self._inspect(now)
                self._kill_overdue(now)
                self._scribe.write(tuple(self._children.values()), Moment(now, datetime.now(UTC)))
                inbox.wait(self._patience(time.monotonic()))
            self._scribe.write_last(self._all_stopped(), Moment(time.monotonic(), datetime.now(UTC)))
        return 0

    # What comes in ----------------------------------------------------------------------------------------------------

    def _obey(self, signals: Sequence[int], now: float) -> bool:
        """Whether patience is over: a second INT kills at once."""
        for number in signals:
            if number == signal.SIGINT and self._is_stopping:
                self._signal_all(signal.SIGKILL)
                return True
            if not self._is_stopping:
                self._say("Stopping ...")
                self._is_stopping = True
                for child in self._running():
                    self._ask_to_end(child, "stopped", now)
        return False

    def _bury(self, dead: Sequence[tuple[int, int]], now: float) -> None:
        for pid, status in dead:
            self._scribe.ended(pid, status, now)
            child = self._by_pid(pid)
            if child is None:
                continue
            if self._is_stopping:
                self._keep(child.stopped(now))
                continue
            self._keep(child.died(ending(status), now))
            self._say_death(self._children[child.name], now)

    def _listen(self, now: float) -> None:
        for item in news.read(self._news_reader):
            child = self._by_pid(item.pid)
            if item.word in self._last:
                self._last[item.word] = now
            elif child is not None and item.word == news.READY:
                self._keep(child.heard())
            elif child is not None and item.word == news.LOST and not self._is_stopping:
                self._say(f"{item.detail}.")
                self._keep(child.lost_one(item.detail))

    # What is done -----------------------------------------------------------------------------------------------------

    def _start_due(self, now: float) -> None:
        for child in self._children.values():
            if child.pid == 0 and not self._is_stopping and now >= child.due_at:
                try:
                    pid = self._fork(self._run[child.name])
                except OSError as error:  # no memory, or too many processes: later, perhaps
                    self._keep(child.died(f"could not be started ({error.strerror})", now))
                else:
                    self._keep(child.spawned(pid, now))

    def _greet(self, now: float) -> None:
        """Finds out who has become ready; the web process has to answer, its word alone is not enough."""
        for child in self._running():
            if child.phase is Phase.STARTING and child.announced and self._answers(child.name):
                self._keep(child.ready(now))
                self._say(f"{child.name} is up.")
        if (
            not self._was_ready
            and not self._is_stopping
            and all(child.phase is Phase.RUNNING for child in self._children.values())
        ):
            self._was_ready = True
            self._on_ready()

    def _inspect(self, now: float) -> None:
        for child in self._running():
            if child.phase is Phase.STARTING and now - child.since > START_SECONDS:
                self._ask_to_end(child, f"was not ready within {START_SECONDS:.0f} s", now)
        if now < self._inspect_at or self._is_stopping:
            return
        self._inspect_at = now + INSPECT_SECONDS
        for child in self._running():
            reason = inspection.too_large(child.pid, self._config.max_memory_mb) or self._stuck(child, now)
            if reason is not None:
                self._ask_to_end(child, reason, now)
            for pid in inspection.children_of(child.pid):
                if inspection.too_large(pid, self._config.max_memory_mb):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGTERM)  # gunicorn replaces it, and says so

    def _kill_overdue(self, now: float) -> None:
        for child in self._running():
            if child.kill_at is not None and now >= child.kill_at:
                os.killpg(child.pid, signal.SIGKILL)
                self._keep(child.asked_to_end(child.reason, now + KILL_AGAIN_SECONDS))

    def _ask_to_end(self, child: Child, reason: str, now: float) -> None:
        if child.kill_at is None:  # once: asking again must not put off the end of patience
            self._keep(child.asked_to_end(reason, now + self._config.stop_seconds))
            os.kill(child.pid, signal.SIGTERM)

    def _signal_all(self, number: int) -> None:
        for child in self._running():
            os.killpg(child.pid, number)

    # Small questions --------------------------------------------------------------------------------------------------

    def _fork(self, run: Callable[[], int]) -> int:
        def connected() -> int:
            os.close(self._lifeline_writer)  # its end, when only the supervisor holds it, is the sign of its death
            os.close(self._news_reader)
            news.wire.connect(self._news_writer)
            return run()

        return fork(connected, self._lifeline)

    def _keep(self, child: Child) -> None:
        self._children[child.name] = child

    def _is_over(self) -> bool:
        return self._is_stopping and not self._running()

    def _running(self) -> list[Child]:
        return [child for child in self._children.values() if child.pid]

    def _by_pid(self, pid: int) -> Child | None:
        return next((child for child in self._running() if child.pid == pid), None)

    def _answers(self, name: str) -> bool:
        return name != "web" or readiness.answers_live(self._config.bind, self._config.port)

    def _stuck(self, child: Child, now: float) -> str | None:
        if child.name != "worker" or child.phase is not Phase.RUNNING:
            return None
        return inspection.stuck(child.since, self._last[news.SENT], self._last[news.FINISHED], now)

    def _say_death(self, child: Child, now: float) -> None:
        self._say(f"{child.name} {child.reason}; it starts again in {child.due_at - now:.0f} s.")

    def _all_stopped(self) -> tuple[Child, ...]:
        now = time.monotonic()
        return tuple(child.stopped(now) for child in self._children.values())

    def _patience(self, now: float) -> float:
        """Seconds until something is due by itself."""
        children = self._children.values()
        if self._is_over():
            return 0.0
        if any(child.phase is Phase.STARTING for child in children):
            return STARTING_POLL_SECONDS
        due = [child.due_at for child in children if child.phase is Phase.RESTARTING and not self._is_stopping]
        due += [child.kill_at for child in children if child.kill_at is not None]
        return max(0.0, min([*due, self._inspect_at, self._scribe.due_at], default=now) - now)
