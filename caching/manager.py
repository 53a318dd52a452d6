"""``CacheManager``: the tiers as one cache."""

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from caching.assembly import assemble
from caching.changing import Changing
from caching.codec import NEVER, TOKEN_BYTES, Envelope, TagToken, Unstorable, pack
from caching.computing import Computing, Wanted
from caching.config import CacheConfig
from caching.held import Held
from caching.invalidation import TagBoard
from caching.names import INTERNAL, Matching, Meant, OfVersion, checked, everything, named_version
from caching.recall import ABSENT, Recall
from caching.stats import TierStats, managers
from caching.tiers.memory import MemoryTier
from caching.tiers.session import SessionTier
from caching.trips import Trip, round_trips
from caching.visits import Visits

log = logging.getLogger(__name__)

Scope = Literal["shared", "session"]


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
        trusted_seconds = self.config.max_staleness if self.shared.tiers else NEVER
        self._tags = TagBoard(self.shared, trusted_seconds)
        self._recall = Recall(self._memory, self.shared, self._tags, trusted_seconds)
        self.near, self.find, self.has_news = self._recall.near, self._recall.find, self._recall.has_news
        self._threshold = self.config.compression_threshold if self.config.compression_enabled else NEVER
        self._session = self._visits()
        self.computing = Computing(self)
        self._changing = Changing(self.shared, self._recall, self.store)
        self._unstorable: set[str] = set()
        managers.add(self)

    def get(
        self, key: str, default: Any = None, *, copy: bool = True, scope: Scope = "shared", version: int | None = None
    ) -> Any:
        """The value, or ``default``. None is a value: give another default to tell it from a miss."""
        if version is not None or scope != "shared" or type(key) is not str or INTERNAL in key:
            name = named_version(key, version)
            if scope == "session":
                return self._session.get(name, default)
            return self._get(name, default, copy)
        value = self.near(key, copy)
        return value if value is not ABSENT else self._get(key, default, copy)

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
        name, tokens = named_version(key, version), self._tags.tokens(tags)
        if scope == "session":
            return self._set_in_session(name, value, ttl, tokens)
        return self.store(name, value, ttl, tokens=tokens, copy=copy) is not None

    def delete(self, key: str, *, scope: Scope = "shared", version: int | None = None) -> bool:
        """True when there was one."""
        names = [named_version(key, version)]
        return (self._session.delete(names) if scope == "session" else self._delete(names)) > 0

    def delete_many(self, keys: Iterable[str]) -> int:
        """How many there were; keys as ``keys()`` gives them."""
        return self._delete(list(keys))

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
        return self._changing.add(key, value, ttl)

    def change(self, key: str, changed: Callable[[Any], Any]) -> Any:
        """Sets ``changed(value)`` for the rest of the value's time, with nothing in between. ValueError without one.

        ``changed`` may use the cache, also to change this key or others.
        """
        return self._changing.change(key, changed)

    def touch(self, key: str, ttl: float | None = None) -> bool:
        """Gives the value new time; False when there is none."""
        return self._changing.touch(key, ttl)

    def get_many(self, keys: Iterable[str], *, copy: bool = True, version: int | None = None) -> dict[str, Any]:
        """Those that there are, by key."""
        names = {named_version(key, version): key for key in keys}
        found = self._recall.find_fresh_many(list(names))
        return {names[name]: held.take() if copy else held.share() for name, held in found.items()}

    def set_many(
        self,
        values: Mapping[str, Any],
        ttl: float | None = None,
        *,
        tags: Iterable[str] = (),
        version: int | None = None,
    ) -> list[str]:
        """The keys that nothing could keep."""
        names, tokens = {key: named_version(key, version) for key in values}, self._tags.tokens(tags)
        return [key for key, value in values.items() if self.store(names[key], value, ttl, tokens=tokens) is None]

    def invalidate_tag(self, tag: str) -> bool:
        """All that was set with ``tag`` is a miss: here at once, in other processes within ``max_staleness``.

        False when a shared tier could not be told now; it is before anything is read from it again.
        """
        return self._tags.invalidate(tag)

    def invalidate_pattern(self, pattern: str, *, scope: Scope = "shared") -> int:
        """Deletes the keys that match a glob (``* ? [a-z] [!a-z]``), on every tier; how many there were.

        A tier of ``left_out`` is told before anything is read from it again.
        """
        if scope == "session":
            return self._session.delete(list(filter(Matching(pattern), self._session.keys())))
        return self._delete_where(Matching(pattern))

    def invalidate_version(self, version: int) -> int:
        """Deletes all that was set with ``version``, as ``invalidate_pattern`` does; how many there were."""
        return self._delete_where(OfVersion(version))

    def clear(self, *, scope: Scope = "shared") -> int:
        """Deletes everything of this cache, as ``invalidate_pattern`` does; how many keys there were."""
        if scope == "session":
            return self._session.delete(self._session.keys())
        count = self._delete_where(everything)
        self._tags.forget()
        return count

    def left_out(self) -> tuple[str, ...]:
        """Names of the tiers that do not work now; ``get_stats`` says why."""
        return self.shared.left_out()

    def keys(self, *, scope: Scope = "shared") -> list[str]:
        """All there are on any tier, also of values that are over and not removed yet. It takes its time."""
        if scope == "session":
            return self._session.keys()
        return _of_people({*self._memory.entries, *self.shared.keys()})

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
        for part in (self._memory, self._tags, self.computing.flights, self._changing):
            part.after_fork()
        for tier in self.shared.tiers:
            tier.after_fork()

    # For decorators and computing, as are near, find and has_news: a value with all that is known of it.

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
    ) -> Held | None:
        """None when nothing keeps it."""
        lifetime = self.config.default_ttl if ttl is None else ttl
        if not self.config.enabled or lifetime <= 0:
            self._delete([key])
            return None
        fresh_until = time.time() + lifetime
        envelope = Envelope(key, fresh_until, fresh_until + stale, os.urandom(TOKEN_BYTES), tokens)
        try:
            is_shared = False
            if self.shared.tiers:
                envelope, is_shared = self.shared.write(envelope, pack(value, self._threshold))
            held, is_remembered = self._recall.keep(envelope, value, as_it_is=not copy)
            return held if is_shared or is_remembered else None
        except Unstorable as why:
            self._delete([key])
            self._tell_once(key, why)
            return None

    def _visits(self) -> Visits:
        config = self.config
        tier = SessionTier(config.streamlit_max_entries, config.streamlit_cache_enabled and config.enabled)
        return Visits(tier, self.shared, config.streamlit_ttl, self._threshold, self._recall.accepts_fresh)

    def _get(self, name: str, default: Any, copy: bool) -> Any:
        if not self._memory.limit_bytes:  # then what is found is the caller's own
            value = self._recall.find_own(name)
            return default if value is ABSENT else value
        held = self.find(name)
        if held is None or held.fresh_until <= time.monotonic():
            return default
        return held.take() if copy else held.share()

    def _set_in_session(self, name: str, value: Any, ttl: float | None, tokens: tuple[TagToken, ...]) -> bool:
        try:
            return self._session.set(name, value, ttl, tokens)
        except Unstorable as why:
            self._tell_once(name, why)
            return False

    def _delete(self, names: list[str]) -> int:
        if not names:
            return 0
        for name in names:
            self.computing.flights.void(checked(name))
        there = self.shared.delete(names)
        return max(there, sum([self._memory.drop(name) for name in names]))  # last: nobody brings it back

    def _delete_where(self, is_meant: Meant) -> int:
        self.computing.flights.void_where(is_meant)
        there = self.shared.delete_where(is_meant)
        return len(_of_people({*there, *self._memory.drop_where(is_meant)}))

    def _tell_once(self, key: str, why: Unstorable) -> None:
        self._memory.tally.errors += 1
        if str(why) not in self._unstorable:
            self._unstorable.add(str(why))
            log.warning("%r is not cached: %s", key, why)


def _of_people(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if not key.startswith(INTERNAL)]
