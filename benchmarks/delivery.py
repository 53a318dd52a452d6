"""How many notifications a second does one worker deliver, and does a dead channel hold others up?

First: 1 000 notifications past the gates, due at once, to a webhook on this machine, one worker, on SQLite. Claiming,
the gates, the message, the signature, the POST and recording it are all in the time. The floor is the POST alone: the
same body to the same receiver by ``http.client``, one after another on connections of their own, as ours does.

Second: 1 000 notifications over five channels, one of which takes connections and never answers. The time is until
the other four have everything.
"""

import argparse
import os
import socket
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.delivering.receiver import receiver
from benchmarks.programs.running import end_on_term
from benchmarks.report import Report

RUNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures how fast notifications are delivered.")
    parser.add_argument("--notifications", type=int, default=1_000)
    options = parser.parse_args()
    end_on_term()
    with TemporaryDirectory(prefix="ahgd-ops-bench-") as directory:
        _prepare(directory)
        with receiver(Path(directory)) as port:
            report = measure(port, options.notifications)
    report.save()


def _prepare(directory: str) -> None:
    os.environ.update(AHGD_STATE_DIR=directory, AHGD_ENVIRONMENT="testing", DJANGO_SETTINGS_MODULE="ahgd_ops.settings")
    os.environ |= {"AHGD_WEBHOOK_ALLOW": "127.0.0.1", "AHGD_ALERT_LIMIT": "0"}  # what is measured is past the gates
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def measure(port: int, count: int) -> Report:
    from benchmarks.delivering import ours

    channel = ours.add_webhook("hook", port)
    floors, rates = [], []
    for _ in range(RUNS):
        ours.add_due([channel], count)
        floors.append(count / seconds_of_posts(port, count, ours.body_of_one(channel)))
        rates.append(count / ours.seconds_to_deliver(count))
    others = [ours.add_webhook(f"hook-{number}", port) for number in range(4)]
    with socket.create_server(("127.0.0.1", 0), backlog=64) as dead:
        ours.add_due([ours.add_webhook("dead", dead.getsockname()[1]), *others], count)
        waited = ours.seconds_until_sent(others)

    report = Report("delivery", "How many notifications a second does one worker deliver?")
    unit = "deliveries/s"
    report.row("http.client, the POST alone", "floor", median(floors), unit, lower_is_better=False)
    report.row(f"AHGD Ops, {count} due at once", "ours", median(rates), unit, lower_is_better=False)
    report.row("AHGD Ops, four of five channels done, the fifth dead", "ours", waited, "s")
    report.limit("at least 200 deliveries a second", median(rates), 200, at_least=True)
    report.limit("with one of five channels dead, the others done within 10 s", waited, 10)
    return report


def seconds_of_posts(port: int, count: int, body: bytes) -> float:
    began = time.perf_counter()
    for _ in range(count):
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/hook", body, {"Content-Type": "application/json", "Connection": "close"})
        connection.getresponse().read()
        connection.close()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
