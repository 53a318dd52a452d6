"""The tiers that processes share, as one: read through, written through, and agreed upon.

The outermost tier that works is the authority: what a nearer tier holds counts only while the authority holds the same
(compared by stamp), so what another process set or deleted is never answered from a nearer tier.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from caching.codec import Envelope, NotOurs, Opened, Packed, pack, seal, stamp_of, unseal
from caching.names import INTERNAL, Meant
from caching.signing import Buffer, Signer
from caching.stats import TierStats
from caching.tiers.guarded import GuardedTier
from caching.tiers.session import SessionTier

log = logging.getLogger(__name__)

_NOTHING = pack(None, float("inf"))
_MOST_TOLD = 1000
Accepts = Callable[[Envelope], bool]


class Found(NamedTuple):
    envelope: Envelope
    value: Any


class Written(NamedTuple):
    envelope: Envelope
    is_kept: bool


class SharedTiers:
    """``tiers`` from the nearest to the outermost; there may be none."""

    def __init__(self, tiers: Sequence[GuardedTier], find_signer: Callable[[], Signer], fallback_ttl: float) -> None:
        self.tiers = tuple(tiers)
        self._find_signer = find_signer
        self._fallback_ttl = fallback_ttl
        self._told: set[tuple[str, str]] = set()

    @cached_property
    def signer(self) -> Signer:
        return self._find_signer()

    def authority(self) -> GuardedTier | None:
        for tier in reversed(self.tiers):
            if tier.is_available:
                return tier
        return None

    def find(self, key: str, accepts: Accepts) -> Found | None:
        """The value from the nearest tier that has a good one; nearer tiers are given it for the rest of its time."""
        for index, tier in enumerate(self.tiers):
            entry = tier.read(key)
            found = self._good(tier, key, entry, accepts) if entry is not None else None
            if found is not None and tier is not self.tiers[-1] and not self.is_confirmed(found.envelope, tier):
                tier.delete((key,))  # or it would come back when the authority goes
                found = None
            if found is None:
                tier.tally.misses += 1
                continue
            tier.tally.hits += 1
            for nearer in self.tiers[:index]:
                nearer.write(key, (entry,) if entry else (), found.envelope.kept_until - time.time())
            return found
        return None

    def find_many(self, keys: Sequence[str], accepts: Accepts) -> dict[str, Found]:
        """Asks the authority for all of them at once, and nearer tiers for what it could not be given."""
        found: dict[str, Found] = {}
        authority = self.authority()
        for tier in reversed(self.tiers):
            missing = [key for key in keys if key not in found]
            entries = tier.read_many(missing) if missing else {}
            authority = authority if authority is not None and authority.is_available else self.authority()
            refuted = []
            for key in missing:
                one = self._good(tier, key, entries[key], accepts) if key in entries else None
                if one is not None and (tier is authority or one.envelope.is_local):
                    found[key] = one
                    tier.tally.hits += 1
                else:
                    tier.tally.misses += 1
                    refuted += [key] if one is not None else []
            if refuted:
                tier.delete(refuted)  # as in find
        return found

    def is_confirmed(self, envelope: Envelope, holder: GuardedTier | None = None) -> bool:
        """Whether the authority holds the same value; an entry that it could not take is not missed there."""
        authority = self.authority()
        if authority is None or authority is holder:
            return True
        start = authority.peek(envelope.key)
        if not authority.is_available:
            return self.is_confirmed(envelope, holder)
        return envelope.is_local if start is None else stamp_of(start) == envelope.stamp

    def write(self, envelope: Envelope, packed: Packed) -> Written:
        """Writes through, the outermost tier first. What that could not take is local, and kept for a shorter time.

        It is kept when any tier took it.
        """
        entry, is_kept = seal(envelope, packed, self.signer), False
        for tier in reversed(self.tiers):
            ttl_seconds = envelope.kept_until - time.time()
            is_written = tier.write(envelope.key, entry, ttl_seconds)
            is_kept |= is_written
            if not is_written and tier is self.tiers[-1]:
                latest = time.time() + self._fallback_ttl
                envelope = envelope._replace(
                    fresh_until=min(envelope.fresh_until, latest),
                    kept_until=min(envelope.kept_until, latest),
                    is_local=True,
                )
                entry = seal(envelope, packed, self.signer)
        return Written(envelope, is_kept)

    def delete(self, keys: Iterable[str]) -> int:
        """How many the tier that had most of them had."""
        keys = tuple(keys)
        return max((tier.delete(keys) for tier in reversed(self.tiers)), default=0)

    def delete_where(self, is_meant: Meant) -> set[str]:
        """The keys that any tier had."""
        return {key for tier in reversed(self.tiers) for key in tier.delete_where(is_meant)}

    def stamp_now(self, key: str) -> bytes | None:
        """Of what the authority has under ``key``."""
        authority = self.authority()
        start = authority.peek(key) if authority is not None else None
        return stamp_of(start) if start is not None else None

    def left_out(self) -> tuple[str, ...]:
        """Names of the tiers that do not work now. What was changed since then they are told when they are back."""
        return tuple(tier.name for tier in self.tiers if not tier.is_available)

    def keys(self) -> set[str]:
        return {key for tier in self.tiers for key in tier.stored_keys()}

    def stats(self) -> list[TierStats]:
        return [tier.stats() for tier in self.tiers]

    def token_entry(self, key: str, token: bytes, kept_until: float) -> tuple[Buffer, ...]:
        """An entry whose only content is its stamp."""
        return seal(Envelope(key, kept_until, kept_until, token), _NOTHING, self.signer)

    def token_in(self, tier: GuardedTier, key: str, entry: Buffer | None) -> bytes | None:
        opened = self._opened(tier, key, entry) if entry is not None else None
        return opened.envelope.stamp if opened is not None else None

    def lock(self, key: str, token: bytes, seconds: float) -> bool:
        """Of several processes one gets it, until ``unlock`` or for ``seconds``; all do while no tier works."""
        authority = self.authority()
        if authority is None:
            return True
        name = f"{INTERNAL}lock{INTERNAL}{key}"
        entry = self.token_entry(name, token, time.time() + seconds)
        return authority.claim(name, entry, seconds) or not authority.is_available

    def unlock(self, key: str, token: bytes) -> None:
        name = f"{INTERNAL}lock{INTERNAL}{key}"
        authority = self.authority()
        start = authority.peek(name) if authority is not None else None
        if authority is not None and start is not None and stamp_of(start) == token:
            authority.delete((name,))

    def reject(self, tier: GuardedTier | SessionTier, key: str, why: NotOurs) -> None:
        """It stays where it is until it is overwritten: another program's entry is not ours to delete."""
        tier.tally.rejected += 1
        if (tier.name, key) not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add((tier.name, key))
            log.warning("The %s tier's entry of %r counts as a miss: it is %s", tier.name, key, why)

    def _good(self, tier: GuardedTier, key: str, entry: Buffer, accepts: Accepts) -> Found | None:
        opened = self._opened(tier, key, entry)
        if opened is None or not accepts(opened.envelope):
            return None
        try:
            return Found(opened.envelope, opened.load())
        except NotOurs as why:
            self.reject(tier, key, why)
            return None

    def _opened(self, tier: GuardedTier, key: str, entry: Buffer) -> Opened | None:
        try:
            return unseal(entry, key, self.signer)
        except NotOurs as why:
            self.reject(tier, key, why)
            return None
