"""``CacheManager``: the tiers as one cache."""

import fnmatch
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from caching.assembly import assemble
from caching.codec import NEVER, TOKEN_BYTES, Envelope, NotOurs, TagToken, Unstorable, pack
from caching.computing import Computing, Wanted
from caching.config import CacheConfig
from caching.exclusive import Exclusive
from caching.held import Held, hold
from caching.invalidation import TagBoard
from caching.shared import INTERNAL
from caching.stats import TierStats, managers
from caching.tiers.memory import MemoryTier
from caching.tiers.session import SessionTier
from caching.trips import Trip, round_trips

log = logging.getLogger(__name__)

Scope = Literal["shared", "session"]
ABSENT: Any = object()
_UNCHECKED = -1
_TIMED = 63  # one look-up in 64 is


class CacheManager:
    """Memory, then file, then Redis, as ``config`` says; and the session of a visitor for ``scope="session"``.

    Keys are text. A ``ttl`` is in seconds: None is the configuration's, ``float("inf")`` for ever, 0 or less not at
    all. A failing tier makes misses, never errors. Values may be changed by whoever gets them, unless ``copy=False``.
    ``version`` tells apart what one key had in versions of a program.
    """

    def __init__(self, config: CacheConfig | None = None) -> None:
        self.config = config or CacheConfig()
        self._memory = MemoryTier(int(self.config.max_memory_mb * 2**20) if self.config.enabled else 0)
        self.shared = assemble(self.config)
        self._tags = TagBoard(self.shared, self.config.max_staleness)
        self._session = SessionTier(
            self.config.streamlit_max_entries, self.config.streamlit_cache_enabled and self.config.enabled
        )
        self.computing = Computing(self)
        self._exclusive = Exclusive(self.shared)
        self._trusted_seconds = self.config.max_staleness if self.shared.tiers else NEVER
        self._threshold = self.config.compression_threshold if self.config.compression_enabled else NEVER
        self._changes = 0
        self._unstorable: set[str] = set()
        managers.add(self)

    def get(
        self, key: str, default: Any = None, *, copy: bool = True, scope: Scope = "shared", version: int | None = None
    ) -> Any:
        """The value, or ``default``. None is a value: give another default to tell it from a miss."""
        if version is not None or scope != "shared":
            return self._get_apart(key, default, copy, scope, version)
        value = self.near(key, copy)
        if value is not ABSENT:
            return value
        if not self._memory.limit_bytes:  # then what is found is the caller's own
            found = self.shared.find(_checked(key), self._accepts_fresh)
            return default if found is None else found.value
        held = self.find(key)
        if held is None or held.fresh_until <= time.monotonic():
            return default
        return held.take() if copy else held.share()

    def set(
        self,
        key: str,
        value: Any,
        ttl: float | None = None,
        *,
        tags: Iterable[str] = (),
        copy: bool = True,
        scope: Scope = "shared",
        version: int | None = None,
    ) -> bool:
        """False when nothing could keep it; what was there before is gone all the same.

        With ``copy=False`` the memory tier keeps ``value`` itself, and all callers share it.
        """
        return self.store(
            named_version(key, version), value, ttl, tokens=self._tags.tokens(tags), copy=copy, scope=scope
        ) is not None  # fmt: skip

    def delete(self, key: str, *, scope: Scope = "shared", version: int | None = None) -> bool:
        """True when there was one."""
        return self._delete([named_version(key, version)], scope) > 0

    def delete_many(self, keys: Iterable[str]) -> int:
        """How many there were; keys as ``keys()`` gives them."""
        return self._delete(list(keys), "shared")

    def exists(self, key: str, *, scope: Scope = "shared", version: int | None = None) -> bool:
        missing = object()
        return self.get(key, missing, copy=False, scope=scope, version=version) is not missing

    def get_or_set(
        self,
        key: str,
        compute: Callable[[], Any],
        ttl: float | None = None,
        *,
        tags: Iterable[str] = (),
        early: float = 0,
        stale: float = 0,
        copy: bool = True,
        version: int | None = None,
    ) -> Any:
        """The value, computed and kept when there is none: by one caller of all processes, while the others wait.

        In the last ``early`` seconds of its time one caller renews it while the others get what is there; for
        ``stale`` seconds after it, they get that instead of waiting. What ``compute`` raises is raised in those who
        wait for it, too, and nothing is kept.
        """
        return self.computing.get_or_set(Wanted(named_version(key, version), ttl, tags, early, stale, copy), compute)

    def add(self, key: str, value: Any, ttl: float | None = None) -> bool:
        """Sets where nothing is; of several at once, in all processes, one does. True for that one."""
        with self._exclusive.on(key):
            if self._latest(key) is not None:
                return False
            return self.set(key, value, ttl)

    def change(self, key: str, changed: Callable[[Any], Any]) -> Any:
        """Sets ``changed(value)`` for the rest of the value's time, with nothing in between. ValueError without one."""
        with self._exclusive.on(key):
            held = self._latest(key)
            if held is None:
                raise ValueError(f"there is no {key!r} to change")
            value = changed(held.take())
            self.store(key, value, held.fresh_until - time.monotonic(), tokens=held.tags)
            return value

    def touch(self, key: str, ttl: float | None = None) -> bool:
        """Gives the value new time; False when there is none."""
        with self._exclusive.on(key):
            held = self._latest(key)
            if held is None:
                return False
            self.store(key, held.take(), ttl, tokens=held.tags)
            return True

    def get_many(self, keys: Iterable[str], *, copy: bool = True) -> dict[str, Any]:
        """Those that there are, by key."""
        found: dict[str, Any] = {}
        missing = []
        for key in dict.fromkeys(keys):
            held = self._memory.entries.get(_checked(key))
            if held is not None and self._is_good(held):
                self._memory.tally.hits += 1
                held.hits += 1
                found[key] = held.take() if copy else held.share()
            else:
                self._memory.tally.misses += 1
                missing.append(key)
        changes = self._changes
        for key, one in self.shared.find_many(missing, self._accepts_fresh).items():
            held = self._remember(one.envelope, one.value, changes)
            found[key] = held.take() if copy else held.share()
        return found

    def set_many(self, values: Mapping[str, Any], ttl: float | None = None, *, tags: Iterable[str] = ()) -> list[str]:
        """The keys that nothing could keep."""
        tokens = self._tags.tokens(tags)
        return [
            key
            for key, value in values.items()
            if self.store(named_version(key, None), value, ttl, tokens=tokens) is None
        ]

    def invalidate_tag(self, tag: str) -> bool:
        """All that was set with ``tag`` is a miss: here at once, in other processes within ``max_staleness``.

        False when a shared tier could not be told now; it is before anything is read from it again.
        """
        return self._tags.invalidate(tag)

    def invalidate_pattern(self, pattern: str, *, scope: Scope = "shared") -> int:
        """Deletes the keys that match a glob (``* ? [a-z] [!a-z]``), on every tier; how many there were."""
        return self._delete(matching(pattern, self.keys(scope=scope)), scope)

    def invalidate_version(self, version: int) -> int:
        """Deletes all that was set with ``version``; how many there were."""
        return self._delete([key for key in self.keys() if key.endswith(named_version("", version))], "shared")

    def clear(self, *, scope: Scope = "shared") -> int:
        """Deletes everything of this cache, in every tier; how many keys there were."""
        if scope == "session":
            return self._session.delete(self._session.keys())
        keys = self.keys(scope=scope)
        self._changes += 1
        self.computing.flights.void_all()
        self._memory.clear()
        self.shared.delete(self.shared.keys())
        self._tags.forget()
        return len(keys)

    def keys(self, *, scope: Scope = "shared") -> list[str]:
        """All there are on any tier, also of values that are over and not removed yet. It takes its time."""
        if scope == "session":
            return self._session.keys()
        found = set(self._memory.entries) | self.shared.keys()
        return [key for key in found if not key.startswith(INTERNAL)]

    def get_stats(self) -> tuple[TierStats, ...]:
        """One for each tier, the nearest first."""
        near = (self._memory.stats(), self._session.stats()) if self.config.enabled else ()
        return (*near, *self.shared.stats())

    def round_trips(self) -> tuple[Trip, ...]:
        """One through each tier; those of visitors apart."""
        return tuple(round_trips(self._memory, self.shared.tiers))

    def close(self) -> None:
        """Ends the connections; they are opened again when they are needed."""
        for tier in self.shared.tiers:
            tier.close()

    def after_fork(self) -> None:
        """In the child: locks that threads of the parent held are free, and nobody computes."""
        for part in (self._memory, self._tags, self.computing.flights, self._exclusive):
            part.after_fork()
        for tier in self.shared.tiers:
            tier.after_fork()

    # For decorators and computing: a value with all that is known of it.

    def near(self, key: str, copy: bool) -> Any:
        """The value, when memory can answer without asking anybody; else ``ABSENT``, and nothing is counted."""
        held = self._memory.entries.get(key)
        if held is None or time.monotonic() >= held.trusted_until or (held.tags and held.turn != self._tags.turn):
            return ABSENT
        tally = self._memory.tally
        tally.hits += 1
        held.hits += 1
        if not tally.hits & _TIMED:
            return self._timed(held, copy)
        if copy:
            hand = held.hand
            return held.value if hand is None else hand(held.value)
        return held.share()

    def find(self, key: str) -> Held | None:
        """The value, perhaps a stale one (``fresh_until`` tells), from the nearest tier that has it."""
        held = self._memory.entries.get(_checked(key))
        if held is not None and self._is_good(held):
            self._memory.tally.hits += 1
            held.hits += 1
            return held
        self._memory.tally.misses += 1
        changes = self._changes
        found = self.shared.find(key, self._accepts)
        return self._remember(found.envelope, found.value, changes) if found is not None else None

    def tokens(self, tags: Iterable[str]) -> tuple[TagToken, ...]:
        return self._tags.tokens(tags)

    def store(
        self,
        key: str,
        value: Any,
        ttl: float | None = None,
        *,
        stale: float = 0,
        tokens: tuple[TagToken, ...] = (),
        copy: bool = True,
        scope: Scope = "shared",
    ) -> Held | None:
        """None when nothing keeps it."""
        lifetime = self._lifetime(ttl, scope)
        self._changes += 1
        if not self.config.enabled or lifetime <= 0:
            self._delete([key], scope)
            return None
        fresh_until = time.time() + lifetime
        envelope = Envelope(key, fresh_until, fresh_until + stale, os.urandom(TOKEN_BYTES), tokens)
        try:
            if scope == "session":
                packed = pack(value, self._threshold)
                return Held(key, value, None, 0) if self._session.write(envelope, packed, self.shared.signer) else None
            if self.shared.tiers:
                envelope = self.shared.write(envelope, pack(value, self._threshold))
            return self._keep(envelope, value, is_ours=False, as_it_is=not copy)
        except Unstorable as why:
            self._delete([key], scope)
            self._tell_once(key, why)
            return None

    def _get_apart(self, key: str, default: Any, copy: bool, scope: Scope, version: int | None) -> Any:
        key = named_version(key, version)
        if scope == "shared":
            return self.get(key, default, copy=copy)
        opened = self._session.find(key, self.shared.signer)
        if opened is None or not self._accepts_fresh(opened.envelope):
            self._session.tally.misses += 1
            return default
        try:
            value = opened.load()
        except NotOurs:
            self._session.tally.rejected += 1
            return default
        self._session.tally.hits += 1
        return value

    def _latest(self, key: str) -> Held | None:
        """What the shared tiers have now, whatever this process remembers."""
        if self.shared.authority() is not None:
            self._memory.drop(key)
        held = self.find(key)
        return held if held is not None and held.fresh_until > time.monotonic() else None

    def _is_good(self, held: Held) -> bool:
        """Not over, its tags current, and what the outer tiers have, too; looked up when that is due."""
        now = time.monotonic()
        if now >= held.kept_until:
            return False
        if now < held.trusted_until and (not held.tags or held.turn == self._tags.turn):
            return True
        turn = self._tags.turn
        if not self._tags.are_current(held.tags):
            return False
        if now >= held.trusted_until and not self.shared.is_confirmed(_as_known(held)):
            return False
        held.turn, held.trusted_until = turn, min(held.fresh_until, now + self._trusted_seconds)
        return True

    def _accepts(self, envelope: Envelope) -> bool:
        return envelope.kept_until > time.time() and (not envelope.tags or self._tags.are_current(envelope.tags))

    def _accepts_fresh(self, envelope: Envelope) -> bool:
        return envelope.fresh_until > time.time() and self._accepts(envelope)

    def _remember(self, envelope: Envelope, value: Any, changes: int) -> Held:
        """Into memory, unless something was changed since the value was read."""
        if changes != self._changes or not self._memory.limit_bytes:
            return self._dated(Held(envelope.key, value, None, 0), envelope)
        try:
            return self._keep(envelope, value, is_ours=True)
        except Unstorable:  # it can be unpickled and not be pickled
            return self._dated(Held(envelope.key, value, None, 0), envelope)

    def _keep(self, envelope: Envelope, value: Any, is_ours: bool, as_it_is: bool = False) -> Held:
        if not self._memory.limit_bytes:
            return self._dated(Held(envelope.key, value, None, 0), envelope)
        held = self._dated(hold(envelope.key, value, is_ours=is_ours, as_it_is=as_it_is), envelope)
        self._memory.put(held)
        return held

    def _dated(self, held: Held, envelope: Envelope) -> Held:
        now, wall = time.monotonic(), time.time()
        held.fresh_until = now + envelope.fresh_until - wall
        held.kept_until = now + envelope.kept_until - wall
        held.trusted_until = min(held.fresh_until, now + self._trusted_seconds)
        held.stamp, held.tags, held.is_local = envelope.stamp, envelope.tags, envelope.is_local
        held.turn = _UNCHECKED  # its tokens may be from before an invalidation: who asks first looks
        return held

    def _delete(self, keys: list[str], scope: Scope) -> int:
        if scope == "session":
            return self._session.delete(keys)
        self._changes += 1
        for key in keys:
            self.computing.flights.void(_checked(key))
        here = sum([self._memory.drop(key) for key in keys])
        return max(here, self.shared.delete(keys)) if keys else 0

    def _lifetime(self, ttl: float | None, scope: Scope) -> float:
        if ttl is not None:
            return ttl
        return self.config.streamlit_ttl if scope == "session" else self.config.default_ttl

    def _timed(self, held: Held, copy: bool) -> Any:
        began = time.perf_counter()
        value = held.take() if copy else held.share()
        self._memory.tally.time_read(time.perf_counter() - began)
        return value

    def _tell_once(self, key: str, why: Unstorable) -> None:
        self._memory.tally.errors += 1
        if str(why) not in self._unstorable:
            self._unstorable.add(str(why))
            log.warning("%r is not cached: %s", key, why)


def matching(pattern: str, keys: Iterable[str]) -> list[str]:
    """Those that a glob matches, whatever their version."""
    matches = re.compile(fnmatch.translate(pattern), re.DOTALL).match
    return [key for key in keys if matches(key.partition(INTERNAL)[0])]


def named_version(key: str, version: int | None) -> str:
    _checked(key)
    if key.startswith(INTERNAL):
        raise ValueError("keys that start with \\x1f are the cache's own")
    return key if version is None else f"{key}{INTERNAL}v{version}"


def _checked(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key is text, not {type(key).__name__}: caching.cached makes keys of arguments")
    return key


def _as_known(held: Held) -> Envelope:
    return Envelope(held.key, 0, 0, held.stamp, is_local=held.is_local)
