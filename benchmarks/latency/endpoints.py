"""The two ends that a latency is measured between: a page of gauges that jump, and a receiver of webhooks."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from benchmarks.latency.rules import CALM, HIGH, METRIC


@contextmanager
def exporter(jumps: dict[str, float]) -> Iterator[int]:
    """Serves ``/<trial>`` for Prometheus on the port it yields: the gauge is high from the moment in ``jumps`` on."""

    class Page(_Quiet):
        def do_GET(self) -> None:
            jump = jumps.get(self.path.removeprefix("/"))
            value = HIGH if jump is not None and time.monotonic() >= jump else CALM
            self.answer(f"# TYPE {METRIC} gauge\n{METRIC} {value}\n")

    with _serving(Page) as port:
        yield port


@contextmanager
def receiver(arrivals: dict[tuple[str, str], float]) -> Iterator[int]:
    """Accepts webhooks in Alertmanager's shape; notes when, for each (job, trial) the first time it fired."""

    class Receiver(_Quiet):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            now = time.monotonic()
            for alert in body["alerts"]:
                if alert["status"] == "firing":
                    labels = alert["labels"]
                    arrivals.setdefault((labels["job"], labels["trial"]), now)
            self.answer("accepted")

    with _serving(Receiver) as port:
        yield port


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """A bench prints its figures only."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    with _Server(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
