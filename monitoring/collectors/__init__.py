"""What can be read of this host, one file a source; adding one is a file and a line in ``HOST_COLLECTORS``."""

from monitoring.collectors.base import Collector
from monitoring.collectors.console import LagCollector
from monitoring.collectors.host import CoresCollector, FilesCollector, LoadCollector, SwapCollector, TrafficCollector
from monitoring.collectors.people import SessionsCollector
from monitoring.collectors.system import CpuCollector, DiskCollector, MemoryCollector

HOST_COLLECTORS: tuple[Collector, ...] = (
    CpuCollector(),
    CoresCollector(),
    LoadCollector(),
    MemoryCollector(),
    SwapCollector(),
    DiskCollector(),
    TrafficCollector(),
    FilesCollector(),
)
SHARED_COLLECTORS: tuple[Collector, ...] = (SessionsCollector(), LagCollector())
