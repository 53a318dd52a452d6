"""What programs and their descendants cost, by the names of their processes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil


def pss_bytes(pids: Iterable[int]) -> dict[str, float]:
    """Memory, with each shared page divided among those who share it (PSS)."""
    found = defaultdict[str, float](float)
    for process in _with_descendants(pids):
        with suppress(psutil.NoSuchProcess):  # the supervisor's short-lived ones come and go
            found[process.name()] += process.memory_full_info().pss
    return found


def cpu_seconds(pids: Iterable[int]) -> dict[str, float]:
    """CPU time so far, of user and kernel; what has ended counts for the process that it belonged to."""
    found = defaultdict[str, float](float)
    for process in _with_descendants(pids):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found[process.name()] += times.user + times.system + times.children_user + times.children_system
    return found


def _with_descendants(pids: Iterable[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        top = psutil.Process(pid)
        yield top
        yield from top.children(recursive=True)
