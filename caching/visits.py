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
        opened = self._tier.find(key, self._shared.signer)
        if opened is None or not self._accepts(opened.envelope):
            self._tier.tally.misses += 1
            return default
        try:
            value = opened.load()
        except NotOurs:
            self._tier.tally.rejected += 1
            return default
        self._tier.tally.hits += 1
        return value

    def set(self, key: str, value: Any, ttl: float | None, tokens: tuple[TagToken, ...]) -> bool:
        """False when nothing keeps it."""
        self._tier.delete([key])
        lifetime = self._default_ttl if ttl is None else ttl
        if lifetime <= 0:
            return False
        ends_at = time.time() + lifetime
        envelope = Envelope(key, ends_at, ends_at, os.urandom(TOKEN_BYTES), tokens)
        return self._tier.write(envelope, pack(value, self._threshold_bytes), self._shared.signer)

    def delete(self, keys: list[str]) -> int:
        return self._tier.delete(keys)

    def keys(self) -> list[str]:
        return self._tier.keys()

    def stats(self) -> TierStats:
        return self._tier.stats()
