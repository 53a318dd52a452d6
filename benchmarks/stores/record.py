"""Records a day of real readings for ``benchmarks/keeping.py``: python -m benchmarks.stores.record [SECONDS_BETWEEN].

A day has 5 760 readings, one every 15 s. With a shorter time between two, times are stretched to 15 s; how late each
reading came, in milliseconds, stays as it was measured.
"""

import sys
import time
from pathlib import Path

import numpy as np
import psutil

READINGS = 5760
STEP_MS = 15_000
PATH = Path(__file__).resolve().parent.parent / "data" / "psutil_day.npz"


def read() -> dict[str, float]:
    """Names that end in _total are cumulative."""
    memory, swap, disk = psutil.virtual_memory(), psutil.swap_memory(), psutil.disk_usage("/")
    cores = psutil.cpu_percent(percpu=True)
    traffic, blocks, cpu = psutil.net_io_counters(), psutil.disk_io_counters(), psutil.cpu_stats()
    found = {f"cpu_core_{number}_percent": percent for number, percent in enumerate(cores)}
    found |= {"cpu_percent": round(sum(cores) / len(cores), 1), "load_1": psutil.getloadavg()[0]}
    found |= {"memory_percent": memory.percent, "memory_available_bytes": float(memory.available)}
    found |= {"memory_cached_bytes": float(memory.cached), "swap_percent": swap.percent}
    found |= {"disk_percent": disk.percent, "disk_free_bytes": float(disk.free)}
    found |= {"received_bytes_total": float(traffic.bytes_recv), "sent_packets_total": float(traffic.packets_sent)}
    found |= {"switches_total": float(cpu.ctx_switches), "interrupts_total": float(cpu.interrupts)}
    if blocks is not None:
        found |= {"written_bytes_total": float(blocks.write_bytes), "reads_total": float(blocks.read_count)}
    return found


def main() -> None:
    between = float(sys.argv[1]) if len(sys.argv) > 1 else STEP_MS / 1000
    readings, late_ms = [], []
    read()  # the first one of CPU says nothing
    began = time.monotonic()
    for number in range(1, READINGS + 1):
        time.sleep(max(0.0, began + number * between - time.monotonic()))
        late_ms.append(round((time.monotonic() - began - number * between) * 1000))
        readings.append(read())
    columns = {name: np.array([reading[name] for reading in readings]) for name in readings[0]}
    np.savez_compressed(PATH, late_ms=np.array(late_ms, np.int32), **columns)


if __name__ == "__main__":
    main()
