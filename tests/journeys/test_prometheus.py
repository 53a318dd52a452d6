"""A Prometheus of Debian scrapes /metrics, and its queries give the numbers that the console has."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.db import close_old_connections, connections

from monitoring import series
from monitoring.performance import PerformanceMonitor
from monitoring.recorder import Recorder
from monitoring.views.probes import application
from tests.checkout import PROJECT_DIR
from tests.debian import program
from tests.servers import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.debian("prometheus")]
PATIENCE_SECONDS = 60


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def metrics_server() -> Iterator[int]:
    """/metrics on a port, as the console's own probe port serves it."""

    def served(environ: dict[str, object], start_response: object) -> object:
        try:
            return application(environ, start_response)  # type: ignore[arg-type]  # wsgiref's own types
        finally:
            connections.close_all()

    server = make_server("127.0.0.1", 0, served, WSGIServer, Quiet)  # type: ignore[arg-type]  # as above
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Prometheus:
    """Scrapes one port every second, with the scrape configuration that is in deploy/."""

    def __init__(self, directory: Path, target: int) -> None:
        text = (PROJECT_DIR / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")
        text = text.replace("scrape_interval: 15s", "scrape_interval: 1s").replace(
            "localhost:8502", f"127.0.0.1:{target}"
        )
        text = text.replace("evaluation_interval: 15s", "evaluation_interval: 1s")
        configuration = directory / "prometheus.yml"
        configuration.write_text(text, encoding="utf-8")
        self.port = free_port()
        self._log = (directory / "log").open("wb")
        self.process = subprocess.Popen(
            [
                str(program("prometheus")), f"--config.file={configuration}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            stdout=self._log, stderr=self._log, cwd=directory,
        )  # fmt: skip

    def ask(self, query: str) -> list[float]:
        """The values of an instant query, polled for until there are any."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                address = f"http://127.0.0.1:{self.port}/api/v1/query?{urlencode({'query': query})}"
                with urlopen(address, timeout=10) as answer:
                    found = json.load(answer)["data"]["result"]
            except (URLError, ConnectionError):
                found = []
            if found:
                return [float(one["value"][1]) for one in found]
            assert time.monotonic() < deadline, f"no answer to {query}"
            time.sleep(0.1)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._log.close()


def test_its_queries_give_the_numbers_of_the_console(tmp_path: Path) -> None:
    recorder = Recorder(flush_seconds=3600)
    monitor = PerformanceMonitor(recorder)
    page = monitor.track_page_load("home")
    for milliseconds in range(1, 1001):
        page.record(milliseconds / 1000)
    for _ in range(7):
        monitor.track_user_interaction("click", "map")
    monitor.add_custom_metric("patients", 41.5, tags={"ward": "A1"})
    monitor.stop_monitoring()
    console = monitor.get_performance_summary()
    with metrics_server() as target:
        prometheus = Prometheus(tmp_path, target)
        try:
            assert prometheus.ask('patients{ward="A1"}') == [series.latest("patients")[0].value] == [41.5]
            assert prometheus.ask("user_interactions_total") == [7]
            assert prometheus.ask("page_load_duration_seconds_count") == [console["page_load_calls_home"]] == [1000]
            assert prometheus.ask("page_load_duration_seconds_sum") == [pytest.approx(500.5)]
            assert prometheus.ask("page_load_duration_seconds_max") == [console["page_load_max_duration_home"]] == [1]
            assert prometheus.ask('page_load_duration_seconds_bucket{le="0.5"}') == [500]
            (median,) = prometheus.ask("histogram_quantile(0.5, page_load_duration_seconds_bucket)")
            assert median == pytest.approx(console["page_load_p50_duration_home"], rel=0.02)
            assert prometheus.ask('up{job="ahgd-ops"}') == [1]
        finally:
            prometheus.end()
            close_old_connections()
