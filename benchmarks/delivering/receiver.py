"""A receiver of webhooks as a program of its own, so that it takes no time from the sender's process."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.programs.running import answers, python, wait_until

BACKLOG = 128
"""Connections that wait to be taken."""


class Receiver(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def _answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing of each request."""


class _Server(ThreadingHTTPServer):
    request_queue_size = BACKLOG
    daemon_threads = True


@contextmanager
def receiver(directory: Path) -> Iterator[int]:
    """Yields the port."""
    log = directory / "receiver.log"
    with python("benchmarks.delivering.receiver", log) as process:
        wait_until(lambda: log.read_text(encoding="utf-8").strip().isdecimal(), process, log)
        port = int(log.read_text(encoding="utf-8"))
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/"), process, log)
        yield port


if __name__ == "__main__":
    server = _Server(("127.0.0.1", 0), Receiver)
    print(server.server_port, flush=True)
    sys.exit(server.serve_forever())
