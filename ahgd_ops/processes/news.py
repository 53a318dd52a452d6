"""Lines from the processes to their supervisor: ready, work sent, work finished, a web process lost.

A line is one write below PIPE_BUF, so lines of several processes never mix (POSIX, write).
"""

import contextlib
import os
from dataclasses import dataclass

READY = "ready"
SENT = "sent"
FINISHED = "finished"
LOST = "lost"


@dataclass(frozen=True, slots=True)
class News:
    pid: int  # of the supervised process, not of one of its own children
    word: str
    detail: str = ""


class Wire:
    """One end of the pipe is the supervisor's, the other is every child's; without a supervisor it says nothing."""

    def __init__(self) -> None:
        self._writer = -1
        self._pid = 0

    def connect(self, writer: int) -> None:
        """This process speaks through ``writer`` from now on, and so do its own children."""
        os.set_blocking(writer, False)  # a supervisor that is late must not hold up work
        self._writer = writer
        self._pid = os.getpid()

    @property
    def is_connected(self) -> bool:
        return self._writer >= 0

    def announce(self, word: str, detail: str = "") -> None:
        if self.is_connected:
            with contextlib.suppress(OSError):
                os.write(self._writer, f"{self._pid} {word} {detail}\n".encode())


wire = Wire()


def read(reader: int) -> list[News]:
    """What has come since; lines that are no news are dropped."""
    try:
        text = os.read(reader, 65536).decode(errors="replace")
    except BlockingIOError:
        return []
    return [found for line in text.splitlines() if (found := _parse(line)) is not None]


def _parse(line: str) -> News | None:
    pid, _, rest = line.partition(" ")
    word, _, detail = rest.partition(" ")
    return News(int(pid), word, detail) if pid.isdigit() and word else None
