"""CPU, memory and disks of this host, or of its container's limits where it has them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from monitoring.collectors import cgroup
from monitoring.collectors.base import Reading

_FIRST_LOOK_SECONDS = 0.5
_PSEUDO = frozenset(
    {
        "autofs",
        "devfs",
        "devtmpfs",
        "fuse.lxcfs",
        "iso9660",
        "nsfs",
        "overlay",
        "proc",
        "ramfs",
        "squashfs",
        "sysfs",
        "tmpfs",
    }
)


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Processor seconds spent, and processor seconds there were, since some fixed time."""

    busy: float
    available: float


def read_cpu_times() -> CpuTimes:
    limit, used = cgroup.cpu_limit(), cgroup.cpu_seconds()
    if limit is not None and used is not None:
        return CpuTimes(used, time.monotonic() * limit)
    return spent(psutil.cpu_times())


def spent(times: Any) -> CpuTimes:
    """Of psutil's times since boot, of one core or of all."""
    idle = times.idle + getattr(times, "iowait", 0.0)
    # guest time is part of user time already
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return CpuTimes(total - idle, total)


def percent_between(earlier: CpuTimes, later: CpuTimes) -> float | None:
    """Share of the processor time between two readings, 0 to 100; None when no time has passed."""
    available = later.available - earlier.available
    if available <= 0:
        return None
    return min(100.0, max(0.0, 100 * (later.busy - earlier.busy) / available))


@dataclass(slots=True)
class CpuCollector:
    """Use since its last reading; the first one takes half a second, to have something to compare with."""

    name: str = "cpu"
    read: Callable[[], CpuTimes] = read_cpu_times
    wait: Callable[[float], None] = time.sleep
    _last: CpuTimes | None = field(default=None, init=False)

    def collect(self) -> Iterable[Reading]:
        earlier = self._last
        if earlier is None:
            earlier = self.read()
            self.wait(_FIRST_LOOK_SECONDS)
        self._last = self.read()
        percent = percent_between(earlier, self._last)
        return () if percent is None else (Reading("cpu_usage_percent", percent),)


@dataclass(frozen=True, slots=True)
class MemoryCollector:
    name: str = "memory"

    def collect(self) -> Iterable[Reading]:
        of_limit = cgroup.memory_percent()
        percent = psutil.virtual_memory().percent if of_limit is None else of_limit
        return (Reading("memory_usage_percent", percent),)


@dataclass(frozen=True, slots=True)
class DiskCollector:
    """Each writable disk once, by its first mount point; the root always, whatever it is called in a container."""

    name: str = "disk"

    def collect(self) -> Iterable[Reading]:
        for mount in sorted(writable_mounts()):
            try:
                percent = psutil.disk_usage(mount).percent
            except OSError:  # unmounted meanwhile, or not ours to see
                continue
            yield Reading("disk_usage_percent", percent, (("mount", mount),))


def writable_mounts() -> set[str]:
    mounts: dict[str, str] = {}
    for part in psutil.disk_partitions(all=False):
        if part.fstype not in _PSEUDO and "ro" not in part.opts.split(",") and Path(part.mountpoint).is_dir():
            shortest = min(part.mountpoint, mounts.get(part.device, part.mountpoint), key=len)
            mounts[part.device] = shortest
    return {"/"} | set(mounts.values()) if Path("/").is_dir() else set(mounts.values())
