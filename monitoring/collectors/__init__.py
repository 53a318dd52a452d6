"""What can be read of this host, one file a source; adding one is a file and a line in ``HOST_COLLECTORS``."""

from monitoring.collectors.base import Collector
from monitoring.collectors.system import CpuCollector, DiskCollector, MemoryCollector

HOST_COLLECTORS: tuple[Collector, ...] = (CpuCollector(), MemoryCollector(), DiskCollector())
