"""One caller computes; the others of this process wait for what comes of it."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from caching.names import Meant

T = TypeVar("T")


class Abandoned(Exception):
    """Who computed was cancelled or interrupted: whoever waits may try."""


class Flight(Generic[T]):
    """A computation under way. A ``is_void`` one was overtaken by a change: its result is not kept."""

    __slots__ = ("future", "is_void", "task", "thread", "waiters")

    def __init__(self, task: "asyncio.Task[Any] | None") -> None:
        self.future: Future[T] = Future()
        self.thread = threading.get_ident()
        self.task = task
        self.is_void = False
        self.waiters = 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around waiting for the result, so that one can see who waits."""
        self.waiters += 1
        try:
            yield
        finally:
            self.waiters -= 1

    def fail(self, error: BaseException) -> None:
        self.future.set_exception(error if isinstance(error, Exception) else Abandoned())


class Flights(Generic[T]):
    def __init__(self) -> None:
        self._flights: dict[str, Flight[T]] = {}
        self._lock = threading.Lock()

    def join(self, key: str, task: "asyncio.Task[Any] | None" = None) -> tuple[Flight[T], bool]:
        """The flight, and whether the caller leads it: then it computes within ``leading``."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = Flight(task)
            return flight, True

    @contextmanager
    def leading(self, key: str, flight: Flight[T]) -> Iterator[None]:
        """Around computing: however that ends the flight is over, and what it raises reaches who waits, too."""
        try:
            yield
        except BaseException as error:  # whoever waits has to be told, and it goes on
            self._land(key, flight)
            flight.fail(error)
            raise
        self._land(key, flight)

    def _land(self, key: str, flight: Flight[T]) -> None:
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def void(self, key: str) -> None:
        flight = self._flights.get(key)
        if flight is not None:
            flight.is_void = True

    def void_where(self, is_meant: Meant) -> None:
        for key, flight in list(self._flights.items()):
            flight.is_void = flight.is_void or is_meant(key)

    def waiters(self, key: str) -> int:
        """How many wait for what the leader computes now."""
        flight = self._flights.get(key)
        return flight.waiters if flight is not None else 0

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._flights = {}
