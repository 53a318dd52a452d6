"""A shared tier as the manager uses it: it never raises, counts what it does, and pays its debts.

A debt is a change that the tier could not be told of: what it still holds is deleted before anything is read from it
again. So an outage leaves nothing behind that is out of date.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from time import monotonic, perf_counter
from typing import TypeVar

from caching.breaker import Breaker
from caching.names import Meant, everything
from caching.signing import Buffer
from caching.stats import TierStats
from caching.tiers.base import SharedTier, TierFailed, TierFull, Usage
from caching.tiers.debts import Debts

log = logging.getLogger(__name__)

_COUNTING_SHARE = 100
T = TypeVar("T")


class GuardedTier:
    """Each operation gives what "nothing there" or "not done" looks like while the tier is not available."""

    def __init__(self, tier: SharedTier) -> None:
        self.name = tier.name
        self.tally = tier.tally
        self.breaker = Breaker(tier.name, self._probe, TierFailed)
        self._tier = tier
        self._counted, self._counted_until = Usage(0, 0, None), 0.0
        self._debts = Debts()

    @property
    def is_available(self) -> bool:
        return self.breaker.is_closed

    def read(self, key: str) -> Buffer | None:
        if self.breaker.reason or self._debts:
            return self._try(lambda: self._tier.read(key), None)
        began = perf_counter()
        try:
            found = self._tier.read(key)
        except TierFailed as failed:
            self._note(failed)
            return None
        self.tally.time_read(perf_counter() - began)
        return found

    def read_many(self, keys: Sequence[str]) -> dict[str, Buffer]:
        return self._try(lambda: self._tier.read_many(keys), {})

    def peek(self, key: str) -> Buffer | None:
        return self._try(lambda: self._tier.peek(key), None)

    def write(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> bool:
        """False when it was not written; then what was there before is gone, or will be before it can be read."""
        began = perf_counter()
        try:
            if (self.breaker.reason or self._debts) and not self._is_ready():
                self._debts.owe((key,))
                return False
            self._tier.write(key, entry, ttl_seconds)
        except TierFailed as failed:
            self._note(failed)
            self._debts.owe((key,))
            return False
        self.tally.writes += 1
        self.tally.time_write(perf_counter() - began)
        return True

    def claim(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> bool:
        """Everybody gets it where nothing more is kept: nobody is to wait for what cannot come."""

        def claim() -> bool:
            try:
                return self._tier.claim(key, entry, ttl_seconds)
            except TierFull as full:
                self._note(full)
                return True

        return self._try(claim, False)

    def delete(self, keys: Iterable[str]) -> int:
        keys = tuple(keys)
        deleted = self._try(lambda: self._tier.delete(keys), None)
        if deleted is None:
            self._debts.owe(keys)
        return deleted or 0

    def delete_where(self, is_meant: Meant) -> list[str]:
        """The keys that there were."""

        def delete() -> list[str]:
            keys = list(filter(is_meant, self._tier.keys()))
            if is_meant is everything:
                self._tier.clear()
            else:
                self._tier.delete(keys)
            return keys

        deleted = self._try(delete, None)
        if deleted is None:
            self._debts.owe_where(is_meant)
        return deleted or []

    def stored_keys(self) -> list[str]:
        return self._try(lambda: list(self._tier.keys()), [])

    def stats(self) -> TierStats:
        usage = self._usage()
        return self.tally.stats(self.name, usage.entries, usage.size_bytes, usage.limit_bytes, self.breaker.reason)

    def _usage(self) -> Usage:
        """Counting may take its time, so that a hundredth of it is spent on counting at most."""
        began = monotonic()
        if began < self._counted_until:
            return self._counted
        usage = self._try(self._tier.usage, None)
        if usage is None:
            return Usage(0, 0, None)
        self._counted, self._counted_until = usage, began + _COUNTING_SHARE * (monotonic() - began)
        return usage

    def close(self) -> None:
        self.breaker.rest()
        self._tier.close()

    def after_fork(self) -> None:
        self._debts.after_fork()
        self._tier.after_fork()
        self.breaker.after_fork()

    def _try(self, operation: Callable[[], T], otherwise: T) -> T:
        try:
            if self._is_ready():
                return operation()
        except TierFailed as failed:
            self._note(failed)
        return otherwise

    def _is_ready(self) -> bool:
        """It works, and holds nothing that it should not. TierFailed when debts cannot be paid."""
        if not self.breaker.is_closed:
            self.breaker.keep_asking()
            return False
        if self._debts:
            self._debts.pay(self._tier)
        return True

    def _note(self, failed: TierFailed) -> None:
        self.tally.errors += 1
        if isinstance(failed, TierFull):
            log.debug("The tier %s keeps nothing more: %s", self.name, failed)
        else:
            self.breaker.trip(str(failed))

    def _probe(self) -> None:
        self._tier.ping()
        self._debts.pay(self._tier)
