"""Reading and writing a value as one step, among the threads and processes that do so this way."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from caching.codec import TOKEN_BYTES
from caching.shared import SharedTiers

LEASE_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.05


class _Holder(NamedTuple):
    thread: int
    token: bytes


class Exclusive:
    """A lock for each key, which its holder may take again. Who dies with it holds others up for ten seconds at most.

    So do two that each wait for what the other has: after that time they go on.
    """

    def __init__(self, shared: SharedTiers) -> None:
        self._shared = shared
        self._holders: dict[str, _Holder] = {}
        self._changed = threading.Condition()

    @contextmanager
    def on(self, key: str) -> Iterator[None]:
        holder = self._holders.get(key)
        if holder is not None and holder.thread == threading.get_ident():
            yield
            return
        mine = _Holder(threading.get_ident(), os.urandom(TOKEN_BYTES))
        try:
            self._take(key, mine)
            self._lock(key, mine.token)
            yield
        finally:
            self._shared.unlock(key, mine.token)
            self._give_back(key, mine)

    def after_fork(self) -> None:
        self._holders = {}
        self._changed = threading.Condition()

    def _take(self, key: str, mine: _Holder) -> None:
        with self._changed:
            self._changed.wait_for(lambda: key not in self._holders, LEASE_SECONDS)
            self._holders[key] = mine

    def _give_back(self, key: str, mine: _Holder) -> None:
        with self._changed:
            if self._holders.get(key) == mine:
                del self._holders[key]
                self._changed.notify_all()

    def _lock(self, key: str, token: bytes) -> None:
        pause = _FIRST_PAUSE_SECONDS
        deadline = time.monotonic() + LEASE_SECONDS
        while not self._shared.lock(key, token, LEASE_SECONDS) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
