"""Why a process that runs has to be replaced all the same: too large, or stuck."""

import psutil

MIB = 1024 * 1024
STUCK_SECONDS = 300.0


def too_large(pid: int, most_mb: int) -> str | None:
    """The reason when the process of ``pid`` holds more than ``most_mb`` MiB; None when not, or when it is gone."""
    try:
        held_mb = psutil.Process(pid).memory_info().rss // MIB
    except psutil.Error:
        return None
    return f"held {held_mb} MiB, more than AHGD_MAX_MEMORY_MB={most_mb}" if held_mb > most_mb else None


def stuck(ready_at: float, sent_at: float, finished_at: float, now: float) -> str | None:
    """The reason when a worker finished nothing for long though work was being sent; times are monotonic seconds."""
    idle_since = max(ready_at, finished_at)
    if now - idle_since < STUCK_SECONDS or sent_at - idle_since < STUCK_SECONDS / 2:
        return None
    return f"finished no task for {now - idle_since:.0f} s"


def children_of(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []
