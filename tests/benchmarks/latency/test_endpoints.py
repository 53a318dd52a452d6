import http.client
import json
import time

import pytest

from benchmarks.latency.endpoints import exporter, receiver

pytestmark = pytest.mark.once


def ask(port: int, method: str, path: str, body: object = None) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, json.dumps(body))
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def webhook(status: str, trial: str) -> object:
    return {"alerts": [{"status": status, "labels": {"job": "ours", "trial": trial}}]}


def test_a_gauge_is_high_from_its_moment_on() -> None:
    now = time.monotonic()
    with exporter({"past": now - 1, "future": now + 3600}) as port:
        values = {path: ask(port, "GET", path).split()[-1] for path in ("/past", "/future", "/unknown")}
    assert values == {"/past": "95.0", "/future": "10.0", "/unknown": "10.0"}


def test_the_first_firing_of_a_trial_is_its_arrival() -> None:
    arrivals: dict[tuple[str, str], float] = {}
    with receiver(arrivals) as port:
        ask(port, "POST", "/", webhook("resolved", "7"))
        assert arrivals == {}
        ask(port, "POST", "/", webhook("firing", "7"))
        ask(port, "POST", "/", webhook("firing", "8"))
        first = dict(arrivals)
        ask(port, "POST", "/", webhook("firing", "7"))
    assert arrivals == first
    assert set(first) == {("ours", "7"), ("ours", "8")}
