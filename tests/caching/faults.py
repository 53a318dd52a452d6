"""What happens to a Valkey in production: it is stopped, freezes, fills up and loses what it had."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from tests.servers import Address, valkey

LONGEST_SECONDS = 60
_PAUSE_SECONDS = 0.02


class Server:
    """A Valkey of one test's own; it keeps its address when it is started again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._runs = ExitStack()
        self._count = 0
        self._address: Address | None = None

    @property
    def address(self) -> Address:
        assert self._address is not None
        return self._address

    def start(self) -> None:
        self._count += 1
        self._address = self._runs.enter_context(valkey(self._directory / f"run-{self._count}", self._address))

    def stop(self) -> None:
        self._runs.close()

    @contextmanager
    def client(self) -> Iterator["redis.Redis"]:
        with redis.Redis(self.address.host, self.address.port, password=self.address.password) as client:
            yield client

    def empty(self) -> None:
        with self.client() as client:
            client.flushall()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        with self.client() as client:
            pid = client.info("server")["process_id"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def full(self) -> Iterator[None]:
        """It takes nothing more, and evicts nothing."""
        with self.client() as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", 1)
            try:
                yield
            finally:
                client.config_set("maxmemory", 0)


def until(condition: Callable[[], bool]) -> None:
    """Returns when ``condition`` holds; it is asked again and again."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(_PAUSE_SECONDS)
