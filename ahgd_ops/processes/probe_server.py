"""Answers probes on a port of their own, in a thread of each web process, however busy its other threads are.

Small on purpose: requests without a body, one a connection, and one time limit over the whole of it, so that neither
slow nor many callers hold anything up. The web processes share the port (SO_REUSEPORT).
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
REQUEST_SECONDS = 10.0
CONNECTIONS = 64
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
    places = asyncio.Semaphore(CONNECTIONS)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS), places:
                writer.write(await _answer(reader, writer, threads))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            writer.close()

    server = await asyncio.start_server(connected, sock=listener, limit=HEAD_BYTES, backlog=BACKLOG)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, threads: ThreadPoolExecutor) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    environ = _environ(head.decode("latin-1"), writer.get_extra_info("peername"), writer.get_extra_info("sockname"))
    if environ is None:
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    if environ["PATH_INFO"] == LIVE_PATH:  # answered here, where no slow answer of another can be in its way
        return _call(environ)
    return await asyncio.get_running_loop().run_in_executor(threads, _call_with_database, environ)


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


def _response(status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in (*headers, ("Connection", "close")))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body
