"""Reading and writing a value as one step, among the threads and processes that do so this way."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from caching.codec import TOKEN_BYTES
from caching.shared import SharedTiers

_LEASE_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.05
_STRIPES = 64


class Exclusive:
    """A lock for each key. Who dies with it holds others up for ten seconds at most."""

    def __init__(self, shared: SharedTiers) -> None:
        self._shared = shared
        self._locks = self._new_locks()

    @contextmanager
    def on(self, key: str) -> Iterator[None]:
        with self._locks[hash(key) % _STRIPES]:
            token = os.urandom(TOKEN_BYTES)
            self._lock(key, token)
            try:
                yield
            finally:
                self._shared.unlock(key, token)

    def after_fork(self) -> None:
        self._locks = self._new_locks()

    def _lock(self, key: str, token: bytes) -> None:
        pause = _FIRST_PAUSE_SECONDS
        deadline = time.monotonic() + _LEASE_SECONDS
        while not self._shared.lock(key, token, _LEASE_SECONDS) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    @staticmethod
    def _new_locks() -> tuple[threading.Lock, ...]:
        return tuple(threading.Lock() for _ in range(_STRIPES))
