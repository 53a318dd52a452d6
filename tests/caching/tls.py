"""A door of TLS before a server of a test that speaks none, as Valkey's wheel does not."""

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

from tests.servers import Address


@contextmanager
def tls_door(certificate: Path, behind: Address) -> Iterator[int]:
    """The port of 127.0.0.1 where it listens, until the context ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Visitor(BaseRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),  # who does not trust the certificate hangs up
                context.wrap_socket(self.request, server_side=True) as near,
                socket.create_connection((behind.host, behind.port)) as far,
            ):
                _carry(near, far)

    class Door(ThreadingTCPServer):
        daemon_threads = True

    with Door(("127.0.0.1", 0), Visitor) as door:
        Thread(target=door.serve_forever, daemon=True).start()
        try:
            yield door.server_address[1]
        finally:
            door.shutdown()


def _carry(near: ssl.SSLSocket, far: socket.socket) -> None:
    """Both ways, until one end hangs up."""
    while True:
        ready = [near] if near.pending() else select.select((near, far), (), ())[0]
        for end in ready:
            data = end.recv(65536)
            if not data:
                return
            (far if end is near else near).sendall(data)
