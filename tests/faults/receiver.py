"""A receiver of webhooks that writes down what arrived before it answers, and misbehaves when told to."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Talk = Callable[[BaseHTTPRequestHandler, threading.Event], None]


@dataclass(frozen=True)
class Arrival:
    """That one alert was named in a message."""

    channel: str
    delivery_id: str
    alert_id: int
    status: str
    at: float  # on the monotonic clock


@dataclass(frozen=True)
class Fault:
    """``before`` is called instead of reading the request, ``after`` when it was accepted and not yet answered.

    ``at`` is the number of the one request it happens to; without, it happens to all.
    """

    at: int | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None
    talk: Talk | None = None


SOUND = Fault()


class Receiver:
    """A channel's address is its name; ``faults`` by that name."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.hits: Counter[str] = Counter()
        self.faults: dict[str, Fault] = {}
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.mend()
        self._server.shutdown()
        self._server.server_close()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{name}/{TOKEN}"

    def mend(self) -> None:
        """From now on everything is accepted and answered; who waits for an answer is hung up on."""
        self.faults.clear()
        self.over.set()

    def of(self, channel: str) -> list[Arrival]:
        return [arrival for arrival in list(self.arrivals) if arrival.channel == channel]


TOKEN = "t0ken-of-an-address-4711"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hung up was killed, or ran out of time; that is what is played here."""


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = self.path.split("/")[1]
            fault = receiver.faults.get(name, SOUND)
            if fault.at not in (None, receiver.hits[name]):
                fault = SOUND
            receiver.hits[name] += 1
            self.close_connection = True
            if fault.before is not None:
                fault.before()
                return
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if fault.status < 300:
                receiver.arrivals.extend(arrivals_of(name, body["ahgd"]))
            if fault.after is not None:
                fault.after()
            if fault.talk is not None:
                fault.talk(self, receiver.over)
            else:
                self._answer(fault)

        def _answer(self, fault: Fault) -> None:
            self.send_response(fault.status)
            for header, text in fault.headers.items():
                self.send_header(header, text)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing of each request."""

    return Handler


def arrivals_of(channel: str, facts: dict[str, Any]) -> Iterator[Arrival]:
    """One for each alert that a message names; each of them has a delivery id of its own."""
    at = time.monotonic()
    for part in facts.get("members", [facts]):
        yield Arrival(channel, part["delivery_id"], part["alert_id"], part["kind"], at)


def hangs(handler: BaseHTTPRequestHandler, over: threading.Event) -> None:
    over.wait()


def drips(handler: BaseHTTPRequestHandler, over: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not over.wait(0.05):
        handler.wfile.write(b"x")


def never_ends(handler: BaseHTTPRequestHandler, over: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        handler.wfile.write(b"x" * 65536)


def closes_early(handler: BaseHTTPRequestHandler, over: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.")
