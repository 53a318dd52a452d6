"""What probes cost beside a plain Django view, by wrk, and whether they are answered while things hang."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from benchmarks.programs.running import PROJECT_DIR, end_on_term, environment, free_ports, running, wait_until
from benchmarks.report import Report

SECONDS = int(os.environ.get("AHGD_BENCH_SECONDS", "3"))
ROUNDS = 9  # many short ones: a busy moment spoils whole ones
CONNECTIONS = 16
ASKED = 20
PLAIN, STOCK, LIVE, READY = "/plain", "/stock", "/health/live", "/health/ready"


def main() -> None:
    end_on_term()
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-bench-") as name:
        directory = Path(name)
        behind_all = throughput(directory, (PLAIN,))
        rates = throughput(directory, (PLAIN, STOCK, LIVE, READY), AHGD_BENCH_BARE="1")
        live_ms, ready_ms = while_things_hang(directory)
    report = Report("health", "What do probes cost, and are they answered while things hang?")
    report.row(
        "plain view behind all the console's middleware",
        "floor",
        behind_all[PLAIN],
        "requests/s",
        lower_is_better=False,
    )
    labels = {
        PLAIN: "plain view behind the probes' middleware only",
        STOCK: "django-health-check's view",
        LIVE: LIVE,
        READY: READY,
    }
    roles = {PLAIN: "floor", STOCK: "peer", LIVE: "ours", READY: "ours"}
    for path, rate in rates.items():
        report.row(labels[path], roles[path], rate, "requests/s", lower_is_better=False)
        print(f"{labels[path]}: {rate:.0f} requests/s, {rate / rates[PLAIN]:.2f} of the plain view", flush=True)
    report.row("slowest /health/live, check hung and database gone", "ours", live_ms, "ms")
    report.row("slowest /health/ready, check hung and database gone", "ours", ready_ms, "ms")
    print(f"check hung, database gone: live {live_ms:.1f} ms, ready {ready_ms:.1f} ms, the slowest of {ASKED}")
    report.limit("/health/live at least 0.9 of the plain view", rates[LIVE] / rates[PLAIN], 0.9, at_least=True)
    report.limit("/health/ready at least 0.7 of the plain view", rates[READY] / rates[PLAIN], 0.7, at_least=True)
    report.limit("check hung and database gone: /health/live under 100 ms", live_ms, 100)
    report.limit("check hung and database gone: /health/ready under 2 s", ready_ms, 2000)
    report.save()


def throughput(directory: Path, paths: tuple[str, ...], **variables: str) -> dict[str, float]:
    """Requests a second by path, the best of some rounds that take turns, so that a busy moment hits all alike.

    The probes are answered by the first middleware; the plain view they are held against has no other before it.
    """
    rates = dict.fromkeys(paths, 0.0)
    with web(directory, "whole", **variables) as address:
        for _ in range(ROUNDS):
            for path in rates:
                rates[path] = max(rates[path], wrk(address + path))
    return rates


def wrk(url: str) -> float:
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={SECONDS}s", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout and not url.endswith(STOCK):
        raise RuntimeError(f"{url} was not answered with 200:\n{done.stdout}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"wrk said nothing of {url}:\n{done.stdout}{done.stderr}")
    return float(found[1])


def while_things_hang(directory: Path) -> tuple[float, float]:
    """Milliseconds of the slowest answer of each probe, with a check that hangs and a database nobody listens for."""
    with web(directory, "broken", AHGD_BENCH_BROKEN="1") as address:
        with_check_hung(address)
        return slowest_ms(address + LIVE), slowest_ms(address + READY)


def with_check_hung(address: str) -> None:
    """Has every check run on the console's runner, of which one does not come back."""
    with urlopen(address + "/hang", timeout=60) as answer:  # noqa: S310  (an address of our own)
        assert answer.status == 200


def slowest_ms(url: str) -> float:
    spent = []
    for _ in range(ASKED):
        began = time.monotonic()
        try:
            with urlopen(url, timeout=60) as answer:  # noqa: S310  (likewise)
                answer.read()
        except HTTPError as refusal:  # 503 is the right answer here
            refusal.read()
        spent.append((time.monotonic() - began) * 1000)
        time.sleep(0.2)  # so that looks are repeated in between
    return max(spent)


@contextmanager
def web(directory: Path, name: str, **variables: str) -> Iterator[str]:
    """gunicorn with the console's middleware and two views more; one setting for all that is compared."""
    (port,) = free_ports(1)
    environ = environment(
        DJANGO_SETTINGS_MODULE="benchmarks.probed.settings",
        AHGD_STATE_DIR=str(directory / name),
        AHGD_HEALTH_ENDPOINT="false",
        **variables,
    )
    if "AHGD_BENCH_BROKEN" not in variables:
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        whole = environ | {"DJANGO_SETTINGS_MODULE": "ahgd_ops.settings"}
        subprocess.run(migrate, cwd=PROJECT_DIR, env=whole, check=True)
    command = [sys.executable, "-m", "gunicorn", "--workers=1", "--threads=4", "--no-control-socket", "--keep-alive=15"]
    command += ["--log-level=error", f"--bind=127.0.0.1:{port}", "ahgd_ops.wsgi"]
    log = directory / f"{name}.log"
    with running(command, log, environ, PROJECT_DIR) as process:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: is_up(address + LIVE), process, log)
        yield address


def is_up(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310  (likewise)
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    main()
