"""Records real readings for ``benchmarks/store.py``: python -m benchmarks.stores.record [FILE].

A day of readings, one every 15 s, in an hour and a half: sixteen streams at once, each of which reads every 15 s and
begins 15/16 s after the one before. Each keeps its own pace, jitter, increases and shares of CPU, so nothing is
stretched or repeated; ``sets.real`` lays the streams end to end. The file is written anew each minute and whole, and
can be taken at any time: what it holds then is a shorter day.

Format: NumPy's npz of arrays that have a place for each reading. ``stream`` is its number, ``at_ms`` when it was taken
(milliseconds since the epoch), the others are the readings, cumulative where their names end in _total.
"""

import sys
import time
from pathlib import Path

import numpy as np
import psutil

STREAMS = 16
READINGS_A_STREAM = 360
STEP_MS = 15_000
PATH = Path(__file__).resolve().parent.parent / "data" / "psutil_day.npz"

CpuTimes = list[tuple[float, float]]  # of each core: seconds idle, seconds in all


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PATH
    before = [_cpu_times() for _ in range(STREAMS)]
    readings: list[dict[str, float]] = []
    began, between = time.monotonic(), STEP_MS / 1000 / STREAMS
    for number in range(STREAMS * (READINGS_A_STREAM + 1)):
        time.sleep(max(0.0, began + number * between - time.monotonic()))
        stream, cpu = number % STREAMS, _cpu_times()
        if number >= STREAMS:  # the first round says nothing of CPU
            readings.append({"stream": stream, "at_ms": time.time_ns() // 1_000_000} | _read(before[stream], cpu))
        before[stream] = cpu
        if len(readings) % (4 * STREAMS) == 1:
            _save(path, readings)
    _save(path, readings)


def _read(before: CpuTimes, cpu: CpuTimes) -> dict[str, float]:
    memory, swap, disk = psutil.virtual_memory(), psutil.swap_memory(), psutil.disk_usage("/")
    traffic, blocks, counts = psutil.net_io_counters(), psutil.disk_io_counters(), psutil.cpu_stats()
    cores = [_busy_percent(*pair) for pair in zip(before, cpu, strict=True)]
    found = {f"cpu_core_{number}_percent": percent for number, percent in enumerate(cores)}
    found |= {"cpu_percent": round(sum(cores) / len(cores), 1), "load_1": psutil.getloadavg()[0]}
    found |= {"memory_percent": memory.percent, "memory_available_bytes": float(memory.available)}
    found |= {"memory_cached_bytes": float(memory.cached), "swap_percent": swap.percent}
    found |= {"disk_percent": disk.percent, "disk_free_bytes": float(disk.free)}
    found |= {"received_bytes_total": float(traffic.bytes_recv), "sent_packets_total": float(traffic.packets_sent)}
    found |= {"switches_total": float(counts.ctx_switches), "interrupts_total": float(counts.interrupts)}
    if blocks is not None:
        found |= {"written_bytes_total": float(blocks.write_bytes), "reads_total": float(blocks.read_count)}
    return found


def _cpu_times() -> CpuTimes:
    return [(core.idle + core.iowait, sum(core) - core.guest - core.guest_nice) for core in psutil.cpu_times(True)]


def _busy_percent(before: tuple[float, float], after: tuple[float, float]) -> float:
    """As psutil's cpu_percent has it, which keeps one earlier time only: one decimal, guests counted once."""
    idle, passed = after[0] - before[0], after[1] - before[1]
    return round(100 * (1 - idle / passed), 1) if passed else 0.0


def _save(path: Path, readings: list[dict[str, float]]) -> None:
    columns = {name: np.array([reading[name] for reading in readings]) for name in readings[0]}
    unfinished = path.with_suffix(".unfinished.npz")
    np.savez_compressed(unfinished, **columns)
    unfinished.replace(path)


if __name__ == "__main__":
    main()
