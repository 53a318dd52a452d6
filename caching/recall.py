"""What this process remembers, in step with the tiers that it shares with others.

A value in memory is handed out without a look for ``trusted_seconds``; then the authority is asked whether it has the
same, and the tags' tokens whether they are current. What is refuted leaves memory at once, or it would come back when
the authority goes.
"""

import time
from collections.abc import Sequence
from typing import Any

from caching.codec import Envelope, Unstorable
from caching.held import Held, hold
from caching.invalidation import TagBoard
from caching.names import checked
from caching.shared import SharedTiers
from caching.tiers.memory import MemoryTier

ABSENT: Any = object()
_UNCHECKED = -1
_TIMED = 63  # one look-up in 64 is


class Recall:
    """For one manager."""

    def __init__(self, memory: MemoryTier, shared: SharedTiers, tags: TagBoard, trusted_seconds: float) -> None:
        self._memory = memory
        self._shared = shared
        self._tags = tags
        self._trusted_seconds = trusted_seconds

    def near(self, key: str, copy: bool) -> Any:
        """The value, when memory can answer without asking anybody; else ``ABSENT``, and nothing is counted."""
        held = self._memory.entries.get(key)
        if held is None or time.monotonic() >= held.trusted_until or (held.tags and held.turn != self._tags.turn):
            return ABSENT
        tally = self._memory.tally  # as _from_memory does; this is the path that has to be short
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
        held = self._from_memory(checked(key), is_stale_welcome=True)
        if held is not None:
            return held
        changes = self._memory.changes
        found = self._shared.find(key, self.accepts)
        return self._remember(found.envelope, found.value, changes) if found is not None else None

    def find_own(self, key: str) -> Any:
        """A fresh value of the shared tiers, the caller's own; ``ABSENT`` without one."""
        found = self._shared.find(checked(key), self.accepts_fresh)
        return ABSENT if found is None else found.value

    def find_fresh_many(self, keys: Sequence[str]) -> dict[str, Held]:
        found = {key: held for key in keys if (held := self._from_memory(checked(key), is_stale_welcome=False))}
        changes = self._memory.changes
        missing = [key for key in keys if key not in found]
        for key, one in self._shared.find_many(missing, self.accepts_fresh).items():
            found[key] = self._remember(one.envelope, one.value, changes)
        return found

    def find_latest(self, key: str) -> Held | None:
        """What the shared tiers have now, whatever this process remembers, unless it is over."""
        if self._shared.authority() is not None:
            self._memory.drop(key)
        held = self.find(key)
        return held if held is not None and held.fresh_until > time.monotonic() else None

    def has_news(self, key: str, known: Held | None) -> bool:
        """Whether ``key`` has another value than ``known`` now; nothing is counted."""
        stamp = known.stamp if known is not None else None
        held = self._memory.entries.get(key)
        if held is not None and held.stamp != stamp and held.kept_until > time.monotonic():
            return True
        there = self._shared.stamp_now(key)
        return there is not None and there != stamp

    def keep(self, envelope: Envelope, value: Any, as_it_is: bool) -> tuple[Held, bool]:
        """As held, and whether memory has room for it. Unstorable when it can be neither copied nor pickled."""
        if not self._memory.limit_bytes:
            return self._own(envelope, value), False
        began = time.perf_counter()
        held = self._dated(hold(envelope.key, value, as_it_is=as_it_is), envelope)
        is_kept = self._memory.put(held)
        self._memory.tally.time_write(time.perf_counter() - began)
        return held, is_kept

    def accepts(self, envelope: Envelope) -> bool:
        return envelope.kept_until > time.time() and (not envelope.tags or self._tags.are_current(envelope.tags))

    def accepts_fresh(self, envelope: Envelope) -> bool:
        return envelope.fresh_until > time.time() and self.accepts(envelope)

    def _from_memory(self, key: str, is_stale_welcome: bool) -> Held | None:
        held = self._memory.entries.get(key)
        now = time.monotonic()
        if held is None or now >= (held.kept_until if is_stale_welcome else held.fresh_until) or not self._holds(held):
            self._memory.tally.misses += 1
            return None
        self._memory.tally.hits += 1
        held.hits += 1
        return held

    def _holds(self, held: Held) -> bool:
        """Its tags are current, and the outer tiers have it, too; looked up when that is due."""
        now = time.monotonic()
        is_due = now >= held.trusted_until
        if not is_due and (not held.tags or held.turn == self._tags.turn):
            return True
        turn = self._tags.turn
        if not self._tags.are_current(held.tags) or (is_due and not self._shared.is_confirmed(_as_known(held))):
            self._memory.discard(held)
            return False
        trusted_until = min(held.fresh_until, now + self._trusted_seconds) if is_due else held.trusted_until
        held.trusted_until = min(trusted_until, self._tags.trusted_until(held.tags))
        held.turn = turn
        return True

    def _remember(self, envelope: Envelope, value: Any, changes: int) -> Held:
        """Into memory, unless something was changed since the value was read."""
        if not self._memory.limit_bytes:
            return self._own(envelope, value)
        try:
            held = self._dated(hold(envelope.key, value, is_ours=True), envelope)
        except Unstorable:  # it can be unpickled and not be pickled
            return self._own(envelope, value)
        self._memory.put_read(held, changes)
        return held

    def _own(self, envelope: Envelope, value: Any) -> Held:
        """Held for one caller, who may have the value itself."""
        return self._dated(Held(envelope.key, value, None, 0), envelope)

    def _dated(self, held: Held, envelope: Envelope) -> Held:
        now, wall = time.monotonic(), time.time()
        held.fresh_until = now + envelope.fresh_until - wall
        held.kept_until = now + envelope.kept_until - wall
        held.trusted_until = min(held.fresh_until, now + self._trusted_seconds)
        held.stamp, held.tags, held.is_local = envelope.stamp, envelope.tags, envelope.is_local
        held.turn = _UNCHECKED  # its tokens may be from before an invalidation: who asks first looks
        return held

    def _timed(self, held: Held, copy: bool) -> Any:
        began = time.perf_counter()
        value = held.take() if copy else held.share()
        self._memory.tally.time_read(time.perf_counter() - began)
        return value


def _as_known(held: Held) -> Envelope:
    return Envelope(held.key, 0, 0, held.stamp, is_local=held.is_local)
