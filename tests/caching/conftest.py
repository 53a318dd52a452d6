"""Managers of every combination of tiers, on a directory and a Valkey of their own."""

import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from caching import CacheConfig, CacheManager
from tests.servers import Address

Make = Callable[..., CacheManager]
COMBINATIONS = ("memory", "file", "redis", "memory+file", "memory+redis", "file+redis", "memory+file+redis")


@pytest.fixture
def make(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes managers that share what their tiers share; Valkey is started by the first that uses it."""
    namespace = f"test-{uuid.uuid4().hex}"
    made: list[CacheManager] = []

    def make_one(tiers: str = "memory+file", **options: Any) -> CacheManager:
        names = tiers.split("+")
        if "redis" in names and "redis_port" not in options:
            address: Address = request.getfixturevalue("valkey_address")
            options |= {"redis_host": address.host, "redis_port": address.port, "redis_password": address.password}
        values = {
            "namespace": namespace,
            "signing_key": "k" * 32,
            "max_memory_mb": 64 if "memory" in names else 0,
            "file_cache_enabled": "file" in names,
            "file_cache_dir": tmp_path / "cache",
            "redis_enabled": "redis" in names,
            "redis_timeout": 20,  # the machine is loaded when tests run; faults set their own
        } | options
        made.append(CacheManager(CacheConfig(**values)))
        return made[-1]

    yield make_one
    for manager in made:
        manager.close()


@dataclass
class Clock:
    """Stands for the module ``time`` in the library, ``seconds`` ahead."""

    seconds: float = 0
    pauses: list[float] = field(default_factory=list)
    perf_counter = staticmethod(time.perf_counter)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        time.sleep(seconds)

    @contextmanager
    def counting_pauses(self) -> Iterator[list[float]]:
        """Those that the library makes within."""
        before = len(self.pauses)
        found: list[float] = []
        yield found
        found += self.pauses[before:]

    def time(self) -> float:
        return time.time() + self.seconds

    def monotonic(self) -> float:
        return time.monotonic() + self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all modules of the library that are loaded, and of nothing else."""
    moved = Clock()
    for name, module in list(sys.modules.items()):
        if name.startswith("caching.") and getattr(module, "time", None) is time:
            monkeypatch.setattr(module, "time", moved)
    return moved


@pytest.fixture(params=COMBINATIONS)
def cache(request: pytest.FixtureRequest, make: Make) -> CacheManager:
    """A manager of each combination in turn."""
    return make(request.param)
