"""Receivers that misbehave: a real socket on loopback, and a function that talks to whoever connects."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket, threading.Event], None]
PACE_SECONDS = 0.02


@contextmanager
def peer(talk: Talk) -> Iterator[int]:
    """Yields the port; ``talk(connection, over)`` runs for each connection, and ends when ``over`` is set."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        talking: list[threading.Thread] = []
        accepting = threading.Thread(target=_accept, args=(listening, talk, over, talking))
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *talking):
                thread.join()


def _accept(listening: socket.socket, talk: Talk, over: threading.Event, talking: list[threading.Thread]) -> None:
    while not over.is_set():
        try:
            connection, _ = listening.accept()
        except OSError:  # the listener was shut down
            return
        thread = threading.Thread(target=_talk, args=(connection, talk, over))
        talking.append(thread)
        thread.start()


def _talk(connection: socket.socket, talk: Talk, over: threading.Event) -> None:
    with connection, suppress(OSError):  # the other side hung up
        talk(connection, over)


def hangs(connection: socket.socket, over: threading.Event) -> None:
    """Takes the request and never answers."""
    over.wait()


def drips(connection: socket.socket, over: threading.Event) -> None:
    """Answers with a header that grows by a byte at a time, so that no time-out between bytes is ever reached."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not over.wait(PACE_SECONDS):
        connection.sendall(b"x")


def drips_body(connection: socket.socket, over: threading.Event) -> None:
    """Accepts, then sends a body that never ends, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(PACE_SECONDS):
        connection.sendall(b"x")


def floods(connection: socket.socket, over: threading.Event) -> None:
    """Accepts, then sends as much body as fits through the wire, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"x" * 65536)


def closes_early(connection: socket.socket, over: threading.Event) -> None:
    """Hangs up in the middle of the status line."""
    connection.recv(10)
    connection.sendall(b"HTTP/1.")


def greets_in_drips(connection: socket.socket, over: threading.Event) -> None:
    """A mail server whose greeting never ends."""
    connection.sendall(b"220-")
    while not over.wait(PACE_SECONDS):
        connection.sendall(b"x")


def refuses_login(connection: socket.socket, over: threading.Event) -> None:
    """A mail server that knows nobody."""
    answers = {b"EHLO": b"250-mail\r\n250 AUTH PLAIN\r\n", b"AUTH": b"535 5.7.8 invalid\r\n", b"QUIT": b"221 bye\r\n"}
    connection.sendall(b"220 mail\r\n")
    with connection.makefile("rb") as commands:
        for command in commands:
            connection.sendall(answers[command[:4].upper()])
