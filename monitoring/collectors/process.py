"""This process, measured by itself: named by role and slot, such as ``web-1``, never by pid."""

import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import psutil
from django.db import connections

from caching import connection_pools
from monitoring.collectors.base import Reading, increases, sample_of
from monitoring.collectors.pace import Pace
from monitoring.samples import Sample


@dataclass(slots=True)
class ProcessSampler:
    """Asked at each flush of the recorder; answers at its pace."""

    process: str
    instance: str
    pace: Pace
    _memory: dict[str, float] = field(default_factory=dict, init=False)

    def __call__(self, now_ms: int) -> Iterable[Sample]:
        if not self.pace.is_due():
            return []
        return [sample_of(reading, now_ms, self.instance) for reading in increases(self._readings(), self._memory)]

    def _readings(self) -> Iterator[Reading]:
        process = psutil.Process()
        tags = (("process", self.process),)
        with process.oneshot():
            yield Reading("process_resident_memory_bytes", process.memory_info().rss, tags)
            yield Reading("process_threads", process.num_threads(), tags)
            yield Reading("process_open_fds", process.num_fds(), tags)
            used = process.cpu_times()
            yield Reading("process_cpu_seconds_total", used.user + used.system, tags, True)
        for generation, stats in enumerate(gc.get_stats()):
            generation_tags = (("generation", str(generation)), *tags)
            yield Reading("process_gc_collections_total", stats["collections"], generation_tags, True)
        yield from _pools(tags)
        yield from _optimizer_pools(tags)


def _optimizer_pools(tags: tuple[tuple[str, str], ...]) -> Iterator[Reading]:
    """Of the optimizers of the process; two of one database are counted together."""
    found: dict[str, tuple[int, int, int]] = {}
    for pool in connection_pools():
        if pool.limit is None:
            continue
        idle, in_use, waiting = found.get(pool.database, (0, 0, 0))
        found[pool.database] = (idle + pool.open - pool.in_use, in_use + pool.in_use, waiting + pool.waiting)
    for database, (idle, in_use, waiting) in found.items():
        of = (("database", database), *tags)
        yield Reading("db_pool_connections", idle, (*of, ("state", "idle")))
        yield Reading("db_pool_connections", in_use, (*of, ("state", "in use")))
        yield Reading("db_pool_waiting", waiting, of)


def _pools(tags: tuple[tuple[str, str], ...]) -> Iterator[Reading]:
    """Of psycopg's pools, where a database has one; they are of the process, whichever thread asks."""
    for connection in connections.all():
        pool = getattr(connection, "pool", None)
        if pool is None:
            continue
        stats = pool.get_stats()
        size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        of = (("database", connection.alias), *tags)
        yield Reading("db_pool_connections", idle, (*of, ("state", "idle")))
        yield Reading("db_pool_connections", size - idle, (*of, ("state", "in use")))
        yield Reading("db_pool_waiting", stats.get("requests_waiting", 0), of)
