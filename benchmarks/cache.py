"""What do a hit and a set cost in each tier, beside the caches that people would use instead?

Each figure is the best of several rounds, taken in turn, so that whatever else the machine does strikes all of them.
A memory hit of ours and of Django's locmem gives the caller a value of their own; cachetools and theine hand out the
one object, so they are beside ``copy=False``. Signatures and compression are in our times.
"""

import argparse
import gc
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.caches.values import TEXT, values
from benchmarks.report import Report

GETS = {"100-byte text": 20_000, "10 KB dictionary": 2_000, "5 MB frame": 200}
SHARE_OF_SLOW = 20  # a set, and what leaves memory, is slower: fewer of them
Figures = dict[tuple[str, str, str], float]  # microseconds, by contestant, value and operation


def microseconds(function: Callable[[], object], count: int) -> float:
    began = perf_counter()
    for _ in range(count):
        function()
    return (perf_counter() - began) / count * 1e6


def measured(group: list[Any], rounds: int, share: int) -> Figures:
    """The best of ``rounds`` of each contestant, value and operation."""
    best: Figures = {}
    for label, value in values().items():
        gets = max(GETS[label] // share, 3)
        for _ in range(rounds):
            for one in group:
                gc.collect()
                for operation, figure in zip(("set", "get"), one_round(one, label, value, gets), strict=True):
                    best[one.name, label, operation] = min(best.get((one.name, label, operation), figure), figure)
    return best


def one_round(one: Any, label: str, value: Any, gets: int) -> tuple[float, float]:
    """Microseconds of a set and of a get."""
    key = label.replace(" ", "-")
    setting = microseconds(lambda: one.set(key, value), max(gets // SHARE_OF_SLOW, 2))
    return setting, microseconds(lambda: one.get(key), gets)


def told(report: Report, group: list[Any], figures: Figures, tier: str, operations: tuple[str, ...]) -> None:
    for label in GETS:
        for operation in operations:
            for one in group:
                unit = f"µs, {tier} {operation} of a {label}"
                report.row(f"{one.name}, {operation} {label}", one.role, figures[one.name, label, operation], unit)


def memory(report: Report, rounds: int) -> None:
    from benchmarks.caches.contestants import in_memory

    group = in_memory()
    figures = measured(group, rounds, 1)
    told(report, group, figures, "memory", ("get",))
    bounds = {"100-byte text": 0.5, "10 KB dictionary": 1.1, "5 MB frame": 0.05}
    for label, bound in bounds.items():
        share = figures["memory tier", label, "get"] / figures["Django locmem", label, "get"]
        report.limit(f"memory hit of a {label}: at most {bound} of locmem", share, bound)
    unshared = figures["memory tier, copy=False", "10 KB dictionary", "get"]
    share = unshared / figures["Django locmem", "10 KB dictionary", "get"]
    report.limit("memory hit of a 10 KB dictionary, copy=False: at most 0.2 of locmem", share, 0.2)


def disk(report: Report, rounds: int, directory: Path) -> None:
    from benchmarks.caches.contestants import on_disk

    group = on_disk(directory)
    figures = measured(group, rounds, 10)
    told(report, group, figures, "file", ("get", "set"))
    bounds = {"100-byte text": (1.0, 0.5), "10 KB dictionary": (1.0, 0.5), "5 MB frame": (0.3, 0.15)}
    for label, pair in bounds.items():
        for operation, bound in zip(("get", "set"), pair, strict=True):
            share = figures["file tier", label, operation] / figures["Django file cache", label, operation]
            report.limit(f"file {operation} of a {label}: at most {bound} of Django's", share, bound)


def redis(report: Report, rounds: int, host: str, port: int, password: str) -> None:
    from benchmarks.caches.contestants import in_redis

    group = in_redis(host, port, password)
    figures = measured(group, 8 * rounds, 100)  # many short rounds: a busy machine spoils whole ones
    told(report, group, figures, "Redis", ("get", "set"))
    for label in ("100-byte text", "10 KB dictionary"):
        for operation in ("get", "set"):
            share = figures["Redis tier", label, operation] / figures["django-redis", label, operation]
            report.limit(f"Redis {operation} of a {label}: at most 1.1 of django-redis", share, 1.1)


def decorated(report: Report, rounds: int) -> None:
    """A function with simple arguments, beside a hit of the same value by its key."""
    from caching import CacheConfig, CacheManager, cached

    manager = CacheManager(CacheConfig(file_cache_enabled=False))
    manager.set("key", TEXT)

    @cached(manager=manager)
    def computed(code: int, state: str) -> str:
        return TEXT

    count = GETS["100-byte text"]
    hits, calls = [], []
    for _ in range(rounds):
        hits.append(microseconds(lambda: manager.get("key"), count))
        calls.append(microseconds(lambda: computed(101, "NSW"), count))
    report.row("memory hit by key", "floor", min(hits), "µs a call of a cached function")
    report.row("cached function, two simple arguments", "ours", min(calls), "µs a call of a cached function")
    report.limit("a call of a cached function: at most 2 memory hits", min(calls) / min(hits), 2)


def main() -> None:
    from tests.servers import valkey

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    report = Report("cache", "What do a hit and a set cost in each tier?")
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-bench-") as name:
        directory = Path(name)
        with valkey(directory / "valkey") as address:
            from benchmarks.caches.contestants import configure

            configure(directory, address.host, address.port, address.password)
            memory(report, rounds)
            disk(report, rounds, directory)
            redis(report, rounds, address.host, address.port, address.password)
            decorated(report, rounds)
    report.save()
    for limit in report.limits:
        print("met" if limit.met else "MISSED", limit.text, round(limit.value, 3))


if __name__ == "__main__":
    main()
