"""The session tier as the manager uses it: values of the visitor who is served now."""

import os
import time
from collections.abc import Callable
from typing import Any

from caching.codec import TOKEN_BYTES, Envelope, NotOurs, TagToken, pack
from caching.shared import SharedTiers
from caching.stats import TierStats
from caching.tiers.session import SessionTier


class Visits:
    """What is got is always the caller's own. A value that cannot be pickled raises Unstorable."""

    def __init__(
        self,
        tier: SessionTier,
        shared: SharedTiers,
        default_ttl: float,
        threshold_bytes: float,
        accepts: Callable[[Envelope], bool],
    ) -> None:
        self._tier = tier
        self._shared = shared  # for its signer, which is found at the first use
        self._default_ttl = default_ttl
        self._threshold_bytes = threshold_bytes
        self._accepts = accepts

    def get(self, key: str, default: Any) -> Any:
        began = time.perf_counter()
        try:
            opened = self._tier.find(key, self._shared.signer)
            if opened is not None and self._accepts(opened.envelope):
                value = opened.load()
                self._tier.tally.hits += 1
                self._tier.tally.time_read(time.perf_counter() - began)
                return value
        except NotOurs as why:
            self._shared.reject(self._tier, key, why)
        self._tier.tally.misses += 1
        return default

    def set(self, key: str, value: Any, ttl: float | None, tokens: tuple[TagToken, ...]) -> bool:
        """False when nothing keeps it."""
        self._tier.delete([key])
        lifetime = self._default_ttl if ttl is None else ttl
        if lifetime <= 0:
            return False
        ends_at = time.time() + lifetime
        envelope = Envelope(key, ends_at, ends_at, os.urandom(TOKEN_BYTES), tokens)
        packed, began = pack(value, self._threshold_bytes), time.perf_counter()
        is_written = self._tier.write(envelope, packed, self._shared.signer)
        self._tier.tally.time_write(time.perf_counter() - began)
        return is_written

    def delete(self, keys: list[str]) -> int:
        return self._tier.delete(keys)

    def keys(self) -> list[str]:
        return self._tier.keys()

    def stats(self) -> TierStats:
        return self._tier.stats()
