"""More of this host: each core, load, swap, disk and network traffic, open files."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from monitoring.collectors.base import Reading
from monitoring.collectors.system import CpuTimes, percent_between, spent

_FILE_NR = Path("/proc/sys/fs/file-nr")


@dataclass(slots=True)
class CoresCollector:
    """Use of each core since the last reading; the first one has nothing to compare with."""

    name: str = "cores"
    _last: list[CpuTimes] = field(default_factory=list, init=False)

    def collect(self) -> Iterable[Reading]:
        earlier, self._last = self._last, [spent(times) for times in psutil.cpu_times(percpu=True)]
        for core, (before, now) in enumerate(zip(earlier, self._last, strict=False)):
            percent = percent_between(before, now)
            if percent is not None:
                yield Reading("cpu_core_usage_percent", percent, (("core", str(core)),))


@dataclass(frozen=True, slots=True)
class LoadCollector:
    """Processes that run or wait to run, averaged over 1, 5 and 15 minutes."""

    name: str = "load"

    def collect(self) -> Iterable[Reading]:
        for minutes, value in zip((1, 5, 15), os.getloadavg(), strict=True):
            yield Reading("load_average", value, (("minutes", str(minutes)),))


@dataclass(frozen=True, slots=True)
class SwapCollector:
    """Memory in bytes, and the share of swap in use where there is any."""

    name: str = "swap"

    def collect(self) -> Iterable[Reading]:
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        yield Reading("memory_available_bytes", memory.available)
        if swap.total:
            yield Reading("swap_usage_percent", swap.percent)


@dataclass(frozen=True, slots=True)
class TrafficCollector:
    """Bytes to and from disks and networks since boot; the loopback is nobody's network."""

    name: str = "traffic"

    def collect(self) -> Iterable[Reading]:
        for device, disk in (psutil.disk_io_counters(perdisk=True) or {}).items():
            if not device.startswith(("loop", "ram")):
                yield Reading("disk_read_bytes_total", disk.read_bytes, (("device", device),), True)
                yield Reading("disk_written_bytes_total", disk.write_bytes, (("device", device),), True)
        for interface, network in psutil.net_io_counters(pernic=True).items():
            if interface != "lo":
                yield Reading("network_received_bytes_total", network.bytes_recv, (("interface", interface),), True)
                yield Reading("network_sent_bytes_total", network.bytes_sent, (("interface", interface),), True)


@dataclass(frozen=True, slots=True)
class FilesCollector:
    """Open files of all processes, where the kernel tells (Linux)."""

    name: str = "files"
    path: Path = _FILE_NR

    def collect(self) -> Iterable[Reading]:
        if self.path.exists():
            yield Reading("open_files", float(self.path.read_text(encoding="ascii").split()[0]))
