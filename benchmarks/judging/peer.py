"""Debian's Prometheus with as many rules in one group, each selecting one of as many series."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from benchmarks.judging.ours import FIRING_EVERY
from benchmarks.programs.peers import prometheus
from benchmarks.programs.running import free_ports

EVALUATIONS = 4
_DURATION = "/api/v1/query?query=prometheus_rule_group_last_duration_seconds"
_ROUNDS = "/api/v1/query?query=prometheus_rule_group_iterations_total"


def seconds_per_evaluation(directory: Path, count: int) -> float:
    """The median time of evaluating the group, as Prometheus measures it itself."""
    port, no_alertmanager = free_ports(2)
    rules = [{"alert": f"Load{n}", "expr": f'load{{host="h{n}"}} > 80'} for n in range(count)]
    with _exporter(count) as address:
        jobs = [
            {"job_name": "hosts", "static_configs": [{"targets": [address]}]},
            {"job_name": "itself", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}], "scrape_interval": "1s"},
        ]
        groups = [{"name": "bench", "interval": "5s", "rules": rules}]
        with prometheus(directory, port, no_alertmanager, jobs, groups, interval="5s"):
            return median(_durations(f"http://127.0.0.1:{port}"))


def _durations(url: str) -> Iterator[float]:
    """One for each evaluation of the group, leaving out those before the series were there."""
    seen = 0.0
    taken = -2
    while taken < EVALUATIONS:
        time.sleep(0.5)
        rounds, seconds = _value(url + _ROUNDS), _value(url + _DURATION)
        if rounds is None or seconds is None or rounds == seen:
            continue
        seen = rounds
        taken += 1
        if taken > 0:
            yield seconds


def _value(url: str) -> float | None:
    with urlopen(url, timeout=10) as answer:  # noqa: S310  (our own Prometheus)
        found = json.load(answer)["data"]["result"]
    return float(found[0]["value"][1]) if found else None


@contextmanager
def _exporter(count: int) -> Iterator[str]:
    lines = [f'load{{host="h{n}"}} {90 if n % FIRING_EVERY == 0 else 10}' for n in range(count)]
    body = ("# TYPE load gauge\n" + "\n".join(lines) + "\n").encode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
