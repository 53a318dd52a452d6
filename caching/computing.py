"""Computing a value that is not there: one caller does, of all threads and processes, while the others wait."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from caching.codec import TOKEN_BYTES, TagToken, Unstorable
from caching.flights import Abandoned, Flight, Flights
from caching.held import Held, hold

if TYPE_CHECKING:
    from caching.manager import CacheManager

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.005
LONGEST_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value as ``CacheManager.get_or_set`` is asked for it."""

    key: str
    ttl: float | None
    tags: Iterable[str]
    early: float
    stale: float
    copy: bool

    def is_there(self, held: Held | None) -> bool:
        return held is not None and time.monotonic() < held.fresh_until - self.early

    def given(self, held: Held) -> Any:
        return held.take() if self.copy else held.share()


class Look(NamedTuple):
    """``is_over`` says that nobody is waited for any more: ``held`` is the answer, or, when it is None, to compute."""

    held: Held | None
    is_over: bool


class Computing:
    """For one manager."""

    def __init__(self, manager: "CacheManager") -> None:
        self.flights: Flights[Held] = Flights()
        self._manager = manager

    def get_or_set(self, wanted: Wanted, compute: Callable[[], Any]) -> Any:
        while True:
            held = self._manager.find(wanted.key)
            if held is not None and wanted.is_there(held):
                return wanted.given(held)
            flight, leads = self.flights.join(wanted.key)
            if leads:
                return wanted.given(self._lead(wanted, flight, compute, held))
            if flight.thread == threading.get_ident():
                return compute()  # it asks for itself while it computes, or a coroutine of this thread does
            if held is not None:
                return wanted.given(held)
            try:
                with flight.waiting():
                    return wanted.given(flight.future.result())
            except Abandoned:
                continue

    def keep(self, wanted: Wanted, flight: Flight[Held], value: Any, tokens: tuple[TagToken, ...]) -> Held:
        """The value as held, kept unless the key was changed while it was computed."""
        held = None
        if not flight.is_void:
            held = self._manager.store(wanted.key, value, wanted.ttl, stale=wanted.stale, tokens=tokens)
        if held is not None and self._manager.config.max_memory_mb:
            return held
        try:
            return hold(wanted.key, value)  # each who waits gets a copy
        except Unstorable:
            return Held(wanted.key, value, None, 0)

    def elsewhere(self, wanted: Wanted, token: bytes, before: Held | None) -> Held | None:
        """What another process stores while this one waits; None when this one is to compute, with the lock or not."""
        for pause_seconds in self.pauses():
            look = self.look(wanted, token, before)
            if look.is_over:
                return look.held
            time.sleep(pause_seconds)
        return None

    def pauses(self) -> Iterator[float]:
        """Between looks, for as long as another process may take."""
        pause_seconds = FIRST_PAUSE_SECONDS
        deadline = time.monotonic() + self._manager.config.compute_lease
        yield pause_seconds
        while time.monotonic() < deadline:
            yield pause_seconds
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)

    def look(self, wanted: Wanted, token: bytes, before: Held | None) -> Look:
        """One try to be the one who computes. Who is may still find what was stored since ``before`` was found."""
        if self._manager.shared.lock(wanted.key, token, self._manager.config.compute_lease):
            held = self._manager.find(wanted.key) if self._manager.has_news(wanted.key, before) else None
            return Look(held if wanted.is_there(held) else None, is_over=True)
        if before is not None:
            return Look(before, is_over=True)
        held = self._manager.find(wanted.key)
        return Look(held, is_over=wanted.is_there(held))

    def after_failure(self, wanted: Wanted, before: Held | None) -> Held | None:
        """While an exception is handled: what stays, when it was an early renewal that failed."""
        if before is None or time.monotonic() >= before.fresh_until:
            return None
        log.warning("%r could not be renewed early; what there is stays.", wanted.key, exc_info=True)
        return before

    def unlock(self, key: str, token: bytes) -> None:
        self._manager.shared.unlock(key, token)

    def _lead(self, wanted: Wanted, flight: Flight[Held], compute: Callable[[], Any], before: Held | None) -> Held:
        with self.flights.leading(wanted.key, flight):
            held = self._alone(wanted, flight, compute, before)
        flight.future.set_result(held)
        return held

    def _alone(self, wanted: Wanted, flight: Flight[Held], compute: Callable[[], Any], before: Held | None) -> Held:
        token = os.urandom(TOKEN_BYTES)
        try:
            held = self.elsewhere(wanted, token, before)
            if held is not None:
                return held
            tokens = self._manager.tokens(wanted.tags)
            return self.keep(wanted, flight, compute(), tokens)
        except Exception:  # of the caller's function: it goes on, unless a stale value stands in
            held = self.after_failure(wanted, before)
            if held is None:
                raise
            return held
        finally:
            self.unlock(wanted.key, token)
