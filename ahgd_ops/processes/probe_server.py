"""Answers probes on a port of their own, in a thread of each web process, however busy its other threads are.

Small on purpose: requests without a body, one a connection, with a short time for the head and a limit on the answer.
Neither slow nor many callers hold anything up: who says nothing gives way to who comes, and only an answer that has to
be looked for takes one of the places. The web processes share the port (SO_REUSEPORT).
"""

import asyncio
import io
import socket
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections, connections

HEAD_BYTES = 8192
HEAD_SECONDS = 2.0
ANSWER_SECONDS = 10.0
SILENT_CALLERS = 128
PLACES = 64
BACKLOG = 128
THREADS = 4
LIVE_PATH = "/health/live"


def start(host: str, port: int) -> None:
    """Serves until the process ends. Raises OSError when the port cannot be had."""
    listener = _listener(host, port)
    threading.Thread(target=asyncio.run, args=(_serve(listener),), name="probes", daemon=True).start()


def _listener(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(address)
    listener.listen(BACKLOG)
    return listener


async def _serve(listener: socket.socket) -> None:
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="probe")
    places = asyncio.Semaphore(PLACES)
    silent: dict[asyncio.StreamWriter, None] = {}  # who has sent no head yet, in the order they came

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await _head(reader, writer, silent)
            await _answer(_request(head, writer), writer, threads, places)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            writer.close()

    server = await asyncio.start_server(connected, sock=listener, limit=HEAD_BYTES, backlog=BACKLOG)
    await server.serve_forever()


async def _head(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silent: dict[asyncio.StreamWriter, None]
) -> bytes:
    if len(silent) >= SILENT_CALLERS:
        oldest = next(iter(silent))
        del silent[oldest]
        oldest.transport.abort()
    silent[writer] = None
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            return await reader.readuntil(b"\r\n\r\n")
    finally:
        silent.pop(writer, None)


async def _answer(
    environ: dict[str, Any] | None,
    writer: asyncio.StreamWriter,
    threads: ThreadPoolExecutor,
    places: asyncio.Semaphore,
) -> None:
    if environ is None:
        writer.write(_nothing("400 Bad Request"))
    elif environ["PATH_INFO"] == LIVE_PATH:  # answered here, where no slow answer of another can be in its way
        writer.write(_call(environ))
    elif places.locked():
        writer.write(_nothing("503 Service Unavailable"))
    else:
        async with asyncio.timeout(ANSWER_SECONDS), places:
            writer.write(await asyncio.get_running_loop().run_in_executor(threads, _call_with_database, environ))
            await writer.drain()


def _request(head: bytes, writer: asyncio.StreamWriter) -> dict[str, Any] | None:
    return _environ(head.decode("latin-1"), writer.get_extra_info("peername"), writer.get_extra_info("sockname"))


def _environ(head: str, peer: tuple[Any, ...], own: tuple[Any, ...]) -> dict[str, Any] | None:
    """The request as WSGI describes it (PEP 3333); None when it is none."""
    lines = head.split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        return None
    path, _, query = parts[1].partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": parts[0],
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": str(own[0]),
        "SERVER_PORT": str(own[1]),
        "SERVER_PROTOCOL": parts[2],
        "REMOTE_ADDR": str(peer[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name and "_" not in name:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value.strip()
    return environ


def _call_with_database(environ: dict[str, Any]) -> bytes:
    close_old_connections()
    try:
        return _call(environ)
    finally:
        connections.close_all()


def _call(environ: dict[str, Any]) -> bytes:
    from monitoring.views.probes import application

    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        started[:] = [(status, headers)]

    body = _joined(application(environ, start_response))
    return _response(*started[0], body)


def _joined(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _nothing(status: str) -> bytes:
    return _response(status, [("Content-Length", "0")], b"")


def _response(status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in (*headers, ("Connection", "close")))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body
