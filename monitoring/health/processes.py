"""Checks of the console's processes on this host: memory and file handles against their limits."""

import resource
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, TypeVar

import psutil
from django.conf import settings

from monitoring.health.base import Check
from monitoring.health.status import Finding, against
from monitoring.models import Status

_MIB = 1024**2
_OWN_NAMES = "ahgd-"  # what ahgd_ops.processes.lifetime shows them as
T = TypeVar("T")


@dataclass
class ProcessMemory(Check):
    """Resident memory of each of the console's processes; a warning from ``AHGD_MAX_MEMORY_MB`` on."""

    name: ClassVar[str] = "process_memory"
    is_host_bound: ClassVar[bool] = True

    def find(self, now: datetime) -> Finding:
        held = _of_each(lambda process: process.memory_info().rss)
        name, size_bytes = max(held, key=lambda pair: pair[1])
        limit_mb = settings.CONFIG.max_memory_mb
        status = Status.WARNING if size_bytes >= limit_mb * _MIB else Status.HEALTHY
        text = f"{name} has most, {size_bytes / _MIB:.0f} MiB of {limit_mb} MiB"
        return Finding(status, text, {"largest_bytes": size_bytes, "processes": len(held)})


@dataclass
class FileHandles(Check):
    """Open files, of the console's processes against their limit, and of the host against its own."""

    name: ClassVar[str] = "file_handles"
    is_host_bound: ClassVar[bool] = True
    warning_percent: float = 80
    critical_percent: float = 90

    def find(self, now: datetime) -> Finding:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        used = [(f"process {name}", count, most) for name, count in _of_each(lambda process: process.num_fds())]
        where, count, limit = max([*used, *_host()], key=lambda one: one[1] / one[2])
        percent = 100 * count / limit
        facts = {"usage_percent": round(percent, 1), "open": count, "limit": limit}
        text = f"{percent:.0f} % of the file handles in use by {where}: {count} of {limit}"
        return Finding(against(percent, self.warning_percent, self.critical_percent), text, facts)


def _of_each(look: Callable[[psutil.Process], T]) -> list[tuple[str, T]]:
    """Name and figure of each process of this console here, at least of the one that asks."""
    found = []
    for process in _family():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            found.append((process.name(), look(process)))
    return found


def _family() -> Iterable[psutil.Process]:
    own = psutil.Process()
    first = own
    with suppress(psutil.Error):
        for ancestor in own.parents():
            if not ancestor.name().startswith(_OWN_NAMES):
                break
            first = ancestor
    return [first, *first.children(recursive=True)] if first is not own else [own]


def _host() -> list[tuple[str, int, int]]:
    """What the whole host has open; nothing where there is no /proc, or no limit worth the name."""
    try:
        count, _, limit = Path("/proc/sys/fs/file-nr").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return []
    return [("the host", int(count), int(limit))] if int(limit) > 0 else []
