"""Everything a supervisor waits for at once: signals, deaths of its processes, and news through a pipe."""

import contextlib
import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self

from ahgd_ops.processes.forking import SIGNALS


class Inbox:
    """Within its context the signals of SIGNALS end a ``wait`` instead of the process."""

    def __init__(self, news_reader: int) -> None:
        self._news_reader = news_reader
        self._received: list[int] = []

    def __enter__(self) -> Self:
        self._waker, waker = os.pipe()
        for end in (self._waker, waker):
            os.set_blocking(end, False)
        self._before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(signal.set_wakeup_fd(-1))
        os.close(self._waker)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self, seconds: float) -> None:
        """Until something has come, or that many seconds have passed."""
        ready, _, _ = select.select([self._waker, self._news_reader], [], [], seconds)
        if self._waker in ready:
            os.read(self._waker, 4096)

    def signals(self) -> list[int]:
        """Those that ask to stop, oldest first."""
        taken, self._received = self._received, []
        return [number for number in taken if number != signal.SIGCHLD]

    def dead(self) -> list[tuple[int, int]]:
        """Pid and wait status of each child that has died; what it left of its process group is killed.

        As process 1 of a container it also collects orphans, which are nobody's else.
        """
        found: list[tuple[int, int]] = []
        while (pair := _collect()) is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it left nobody
                os.killpg(pair[0], signal.SIGKILL)
            found.append(pair)
        return found

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received.append(number)


def _collect() -> tuple[int, int] | None:
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None
