import json
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from select import select
from threading import Event
from typing import Any

import pytest

from ahgd_ops.processes import probe_server
from monitoring.views import probes
from tests.servers import free_port


@pytest.fixture(scope="module")
def port() -> int:
    chosen = free_port()
    probe_server.start("127.0.0.1", chosen)
    return chosen


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        yield client


def ask(port: int, request: bytes) -> bytes:
    with connected(port) as client:
        client.sendall(request)
        return all_of(client)


def all_of(client: socket.socket) -> bytes:
    received = b""
    while more := client.recv(65536):
        received += more
    return received


def request(path: str, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n".encode()


def test_liveness_is_answered_whatever_the_host_is_called(port: int) -> None:
    head, _, body = ask(port, request("/health/live")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close" in head
    assert json.loads(body)["alive"] is True


def test_a_head_has_the_length_of_the_body_it_leaves_out(port: int) -> None:
    head, _, body = ask(port, request("/health/live", "HEAD")).partition(b"\r\n\r\n")
    assert body == b""
    assert b"Content-Length: 0" not in head


def test_anything_but_a_probe_is_not_found(port: int) -> None:
    assert ask(port, request("/admin/")).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("text", [b"hello\r\n\r\n", b"GET /health/live SMTP/1.1\r\n\r\n", b"\r\n\r\n"])
def test_what_is_no_http_is_a_bad_request(port: int, text: bytes) -> None:
    assert ask(port, text).startswith(b"HTTP/1.1 400 ")


def test_a_head_that_is_too_long_is_cut_off(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"GET /health/live HTTP/1.1\r\n" + b"X: y\r\n" * 4000)
        with pytest.raises(ConnectionError):
            while client.recv(65536):
                pass
            raise ConnectionResetError  # closed without a reset, as some systems do


def test_a_slow_caller_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_server, "HEAD_SECONDS", 0.2)
    with connected(port) as client:
        client.sendall(b"GET /health/live HT")
        with pytest.raises(ConnectionError):
            client.recv(1)
            raise ConnectionResetError


def test_liveness_is_answered_while_every_other_probe_hangs(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, released = Event(), Event()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/health/live":
            hanging.set()
            released.wait(20)
        start_response("200 OK", [])
        return [b"answered"]

    monkeypatch.setattr(probes, "application", application)
    with connected(port) as first:
        others = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(probe_server.THREADS + 4)]
        for client in (first, *others):
            client.sendall(request("/metrics"))
        hanging.wait(20)
        assert ask(port, request("/health/live")).endswith(b"answered")
        released.set()
        assert all(all_of(client).endswith(b"answered") for client in (first, *others))
        for client in others:
            client.close()


def test_of_too_many_silent_callers_the_oldest_gives_way(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_server, "HEAD_SECONDS", 20.0)
    with ExitStack() as silent:
        callers = [silent.enter_context(connected(port)) for _ in range(probe_server.SILENT_CALLERS)]
        assert ask(port, request("/health/live")).startswith(b"HTTP/1.1 200 OK\r\n")
        assert was_dropped(callers[0])
        callers[-1].sendall(request("/health/live"))
        assert all_of(callers[-1]).startswith(b"HTTP/1.1 200 OK\r\n")


def test_more_probes_than_there_are_places_are_sent_away_but_liveness_is_answered(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/health/live":
            released.wait(20)
        start_response("200 OK", [])
        return [b"answered"]

    monkeypatch.setattr(probes, "application", application)
    with ExitStack() as busy:
        callers = [busy.enter_context(connected(port)) for _ in range(probe_server.PLACES + 1)]
        for client in callers:
            client.sendall(request("/metrics"))
        refused, _, _ = select(callers, [], [], 20)
        assert [all_of(client).partition(b"\r\n")[0] for client in refused] == [b"HTTP/1.1 503 Service Unavailable"]
        assert ask(port, request("/health/live")).endswith(b"answered")
        released.set()
        assert all(all_of(client).endswith(b"answered") for client in callers if client not in refused)


def was_dropped(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def test_a_second_process_may_share_the_port_but_nobody_else(port: int) -> None:
    probe_server.start("127.0.0.1", port)
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", port))
