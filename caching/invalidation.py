"""Invalidation by tag: in constant time, however many entries carry the tag.

A tag has a token, eight random bytes, kept in the shared tiers; an entry remembers the tokens of its tags and counts
only while they are current. Invalidating writes a new token. A token that is lost (evicted, flushed) matches nothing,
so loss makes misses, never wrong hits.
"""

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from caching.codec import NEVER, TOKEN_BYTES, TagToken
from caching.names import INTERNAL
from caching.shared import SharedTiers
from caching.tiers.guarded import GuardedTier

_MOST_KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class _Known:
    token: bytes
    trusted_until: float  # monotonic


class TagBoard:
    """The tokens as this process knows them, for at most ``max_staleness`` seconds without another look."""

    def __init__(self, shared: SharedTiers, max_staleness: float) -> None:
        self.turn = 0
        """Grows with each invalidation in this process: what was checked at an earlier turn is to be checked again."""
        self._shared = shared
        self._trusted_seconds = max_staleness if shared.tiers else NEVER
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def tokens(self, tags: Iterable[str]) -> tuple[TagToken, ...]:
        """Of each tag, made where there is none. Taken before a value is computed, they tell of changes meanwhile."""
        names = tuple(sorted(set(tags)))
        if not names:
            return ()
        for name in names:
            _check(name)
        current = self._current(names, make=True)
        return tuple((name, current[name]) for name in names if name in current)

    def are_current(self, tokens: tuple[TagToken, ...]) -> bool:
        current = self._current(tuple(name for name, _ in tokens), make=False)
        return all(current.get(name) == token for name, token in tokens)

    def trusted_until(self, tokens: tuple[TagToken, ...]) -> float:
        """Until when, in monotonic seconds, what was said of them needs no other look."""
        known = self._known
        return min((known[name].trusted_until for name, _ in tokens if name in known), default=NEVER)

    def invalidate(self, tag: str) -> bool:
        """False when a shared tier could not be told now; it will be before anything is read from it again."""
        _check(tag)
        token = os.urandom(TOKEN_BYTES)
        entry = self._shared.token_entry(_key(tag), token, NEVER)
        told = [tier.write(_key(tag), entry, NEVER) for tier in reversed(self._shared.tiers)]
        with self._lock:  # last, so that what was read before the tiers were told stays behind it
            self._know(tag, token)
            self.turn += 1
        return all(told)

    def forget(self) -> None:
        """The shared tiers were emptied."""
        with self._lock:
            self._known.clear()
        self.turn += 1

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def _current(self, tags: tuple[str, ...], make: bool) -> dict[str, bytes]:
        now = time.monotonic()
        known = self._known
        stale = [tag for tag in tags if (one := known.get(tag)) is None or now >= one.trusted_until]
        if stale:
            self._refresh(stale, make)
        return {tag: one.token for tag in tags if (one := known.get(tag)) is not None}

    def _refresh(self, tags: list[str], make: bool) -> None:
        before = {tag: self._known.get(tag) for tag in tags}
        authority = self._shared.authority()
        found = authority.read_many([_key(tag) for tag in tags]) if authority is not None else {}
        if authority is None or not authority.is_available:
            if authority is not None:
                self._refresh(tags, make)  # the next tier is the authority now
            elif make:
                self._make_here(tags)
            return
        for tag in tags:
            token = self._shared.token_in(authority, _key(tag), found.get(_key(tag)))
            if token is None and make:
                token = self._make(authority, tag)
            if self._learn(tag, token, before[tag]):
                self._tell_nearer(authority, tag, token)

    def _make(self, authority: GuardedTier, tag: str) -> bytes:
        """Of several processes that make one at once, one does; the others take that."""
        token, key = os.urandom(TOKEN_BYTES), _key(tag)
        if authority.claim(key, self._shared.token_entry(key, token, NEVER), NEVER):
            return token
        there = self._shared.token_in(authority, key, authority.read(key))
        return token if there is None else there

    def _make_here(self, tags: list[str]) -> None:
        with self._lock:
            for tag in tags:
                one = self._known.get(tag)
                self._know(tag, one.token if one is not None else os.urandom(TOKEN_BYTES))

    def _learn(self, tag: str, token: bytes | None, before: _Known | None) -> bool:
        """True when it is news. What became known while the tier was read is newer, and stays."""
        with self._lock:
            there = self._known.get(tag)
            if there is not None and there is not before:
                return False
            if token is None:
                self._known.pop(tag, None)
            else:
                self._know(tag, token)
        return token != (before.token if before is not None else None)

    def _tell_nearer(self, authority: GuardedTier, tag: str, token: bytes | None) -> None:
        """So that they know it should the authority fail."""
        for tier in self._shared.tiers[: self._shared.tiers.index(authority)]:
            if token is None:
                tier.delete((_key(tag),))
            else:
                tier.write(_key(tag), self._shared.token_entry(_key(tag), token, NEVER), NEVER)

    def _know(self, tag: str, token: bytes) -> None:
        """With the lock."""
        self._known[tag] = _Known(token, time.monotonic() + self._trusted_seconds)
        while len(self._known) > _MOST_KNOWN:
            self._known.pop(next(iter(self._known)))


def _key(tag: str) -> str:
    return f"{INTERNAL}tag{INTERNAL}{tag}"


def _check(tag: object) -> None:
    if not isinstance(tag, str) or not tag or "\0" in tag:
        raise TypeError(f"a tag is text that is not empty, without null characters, not {tag!r}")
