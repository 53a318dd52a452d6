"""Limits of the container this runs in (Linux control groups, version 2); None where there is none.

Source: the kernel's Documentation/admin-guide/cgroup-v2.rst.
"""

from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def _read(name: str, root: Path) -> str | None:
    try:
        return (root / name).read_text(encoding="ascii")
    except OSError:
        return None


def _keyed(name: str, root: Path) -> dict[str, int]:
    lines = (_read(name, root) or "").splitlines()
    return {key: int(value) for key, value in (line.split(" ", 1) for line in lines if " " in line)}


def memory_percent(root: Path = ROOT) -> float | None:
    """Working set (memory less what the kernel can drop at once) as a percentage of the limit."""
    limit, used = _read("memory.max", root), _read("memory.current", root)
    if limit is None or used is None or limit.strip() == "max":
        return None
    reclaimable = _keyed("memory.stat", root).get("inactive_file", 0)
    return 100 * max(0, int(used) - reclaimable) / int(limit)


def cpu_limit(root: Path = ROOT) -> float | None:
    """Processors this group may use, such as 1.5."""
    quota, _, period = (_read("cpu.max", root) or "max").strip().partition(" ")
    return None if quota == "max" else int(quota) / int(period)


def cpu_seconds(root: Path = ROOT) -> float | None:
    """Processor time this group has used since it was made."""
    usage = _keyed("cpu.stat", root).get("usage_usec")
    return None if usage is None else usage / 1_000_000
