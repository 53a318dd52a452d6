"""One limit on the whole of an attempt: look-up of the name, connecting, TLS, and an answer that drips."""

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, NamedTuple, Self


class DeadlinePassed(TimeoutError):
    """The limit was reached before anything could be said about the outcome."""


class Address(NamedTuple):
    """Where to connect: what the resolver gave for a stream socket."""

    family: int
    sockaddr: tuple[Any, ...]

    @property
    def ip(self) -> str:
        return str(self.sockaddr[0])


class Deadline:
    """A context of at most ``seconds``, by the monotonic clock.

    A time-out of a socket starts anew with each byte, so a dripping peer outlives it. Sockets given to ``guard`` are
    therefore shut down at the end of the time, which wakes whoever reads them.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds
        self._guards: list[tuple[threading.Timer, socket.socket]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for timer, twin in self._guards:
            timer.cancel()
            timer.join()
            twin.close()

    @property
    def has_passed(self) -> bool:
        return time.monotonic() >= self._ends

    def remaining_seconds(self) -> float:
        """Raises DeadlinePassed when nothing remains."""
        remaining = self._ends - time.monotonic()
        if remaining <= 0:
            raise DeadlinePassed
        return remaining

    def guard(self, connected: socket.socket) -> None:
        twin = connected.dup()  # TLS takes the socket itself over; its twin still reaches the connection
        timer = threading.Timer(max(0.0, self._ends - time.monotonic()), _shut_down, (twin,))
        timer.daemon = True
        self._guards.append((timer, twin))
        timer.start()

    def resolve(self, host: str, port: int) -> list[Address]:
        """Every address of ``host``. Raises OSError, of which DeadlinePassed is one.

        The system's resolver has no time limit, so it runs in a thread that is left behind when it hangs.
        """
        with suppress(OSError, UnicodeError):
            return _look_up(host, port, socket.AI_NUMERICHOST)
        answers: SimpleQueue[list[Address] | OSError] = SimpleQueue()
        threading.Thread(target=_answer, args=(host, port, answers), name="resolve", daemon=True).start()
        try:
            answer = answers.get(timeout=self.remaining_seconds())
        except Empty:
            raise DeadlinePassed from None
        if isinstance(answer, OSError):
            raise answer
        return answer

    def connect(self, addresses: Sequence[Address]) -> socket.socket:
        """A guarded connection to the first address that answers; each gets its share of the time. Raises OSError."""
        failure: OSError = DeadlinePassed()
        for index, address in enumerate(addresses):
            connection = socket.socket(address.family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self.remaining_seconds() / (len(addresses) - index))
                connection.connect(address.sockaddr)
                connection.settimeout(self.remaining_seconds())
            except OSError as error:
                connection.close()
                failure = error
                continue
            self.guard(connection)
            return connection
        raise failure


def _shut_down(connected: socket.socket) -> None:
    with suppress(OSError):  # the peer has closed it
        connected.shutdown(socket.SHUT_RDWR)


def _answer(host: str, port: int, answers: "SimpleQueue[list[Address] | OSError]") -> None:
    try:
        answers.put(_look_up(host, port))
    except OSError as error:
        answers.put(error)
    except UnicodeError:
        answers.put(OSError("not a host name"))


def _look_up(host: str, port: int, flags: int = 0) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [Address(family, sockaddr) for family, _, _, _, sockaddr in found]
