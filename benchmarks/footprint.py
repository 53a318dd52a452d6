"""What does the console cost while nothing happens, and how long does it take to start?

Everything is measured on a fresh ``git clone`` of this checkout, so on what is committed, with the environment that
``scripts/run`` makes there: first start, three warm starts, and the last of these left idle. Idle begins 30 s after
"ready" and lasts 60 s: CPU time is counted over these, memory is read at their end. Beside it, at the same time, idle
Debian's Prometheus and Alertmanager, scraping themselves and each other every 10 s, with a rule for each.

Start is from calling ``scripts/run`` to the line "ready", which the supervisor says when web, worker and beat are up.
The first start finds no ``.venv``, no database and an empty HOME, so a cache of packages that lives there is empty too;
mirrors and caches that the machine has elsewhere (``PIP_*``, ``UV_*``, /etc/pip.conf) are used, and uv if it is there.

Memory is PSS, each shared page divided among those who share it, of all processes together; the clone's own environment
keeps other Pythons of the machine from taking a share. MB is 10^6 bytes. What is not equal: Prometheus without its
node exporter reads nothing of the host, and neither peer has a database for people, a console or sessions.

It takes about four minutes.
"""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.programs.console import Console, console
from benchmarks.programs.peers import alertmanager, prometheus
from benchmarks.programs.running import PROJECT_DIR, START_SECONDS, end_on_term, free_ports
from benchmarks.programs.tree import cpu_seconds, pss_bytes
from benchmarks.report import Report

FIRST_START_SECONDS = 600.0  # of patience, not the limit
WARM_STARTS = 3
SETTLE_SECONDS, IDLE_SECONDS = 30.0, 60.0
MB = 10**6
OURS, PEER = "AHGD Ops", "Prometheus + Alertmanager"


def main() -> None:
    end_on_term()
    with TemporaryDirectory(prefix="ahgd-ops-bench-") as name:
        directory = Path(name)
        clone(directory / "clone")
        measure(directory).save()


def clone(target: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", PROJECT_DIR, target], check=True)
    subprocess.run(["git", "--no-pager", "log", "-1", "--format=measuring %h %s"], cwd=target, check=True)


def measure(directory: Path) -> Report:
    with started(directory, FIRST_START_SECONDS) as console:
        first_seconds, installer = console.ready_seconds, "uv" if "packages with uv" in console.output else "pip"
    warm_seconds = []
    for _ in range(WARM_STARTS - 1):
        with started(directory) as console:
            warm_seconds.append(console.ready_seconds)
    with started(directory) as console, peers(directory) as theirs:
        warm_seconds.append(console.ready_seconds)
        print(f"first start {first_seconds:.1f} s, warm {warm_seconds} s; idle now", flush=True)
        time.sleep(SETTLE_SECONDS)
        cpu_percent, held_mb = idle({PEER: theirs, OURS: [console.process.pid]})
    report = Report("footprint", "What does the console cost while idle, and how long does it take to start?")
    add_idle(report, "PSS", held_mb, "MB", 330)
    add_idle(report, "CPU", cpu_percent, "% of one core", 2)
    report.row("warm start, median of three", "ours", median(warm_seconds), "s")
    report.row(f"first start from nothing, with {installer}", "ours", first_seconds, "s")
    report.limit("warm start at most 6 s", median(warm_seconds), 6)
    return report.limit("first start at most 120 s", first_seconds, 120)


@contextmanager
def started(directory: Path, patience_seconds: float = START_SECONDS) -> Iterator[Console]:
    """The clone's console, as people start it who have an empty HOME."""
    home = directory / "home"
    home.mkdir(exist_ok=True)
    with console(directory, ["./scripts/run"], directory / "clone", patience_seconds, HOME=str(home)) as running:
        yield running


@contextmanager
def peers(directory: Path) -> Iterator[list[int]]:
    """Their pids."""
    port, their_port = free_ports(2)
    targets = {"targets": [f"127.0.0.1:{port}", f"127.0.0.1:{their_port}"]}
    rule = {"alert": "down", "expr": "up == 0"}
    with (
        alertmanager(directory, their_port, "http://127.0.0.1:9/") as one,
        prometheus(
            directory, port, their_port,
            [{"job_name": "peers", "static_configs": [targets]}], [{"name": "peers", "rules": [rule]}],
        ) as other,
    ):  # fmt: skip
        yield [one.pid, other.pid]


def idle(programs: Mapping[str, list[int]]) -> tuple[dict[str, float], dict[str, float]]:
    """CPU in percent of one core over the idle minute, and memory in MB at its end. Prints what each process has."""
    began, before = time.monotonic(), {name: cpu_seconds(pids) for name, pids in programs.items()}
    time.sleep(IDLE_SECONDS)
    percent_of_second = 100 / (time.monotonic() - began)
    after = {name: cpu_seconds(pids) for name, pids in programs.items()}
    cpu_percent, held_mb = {}, {}
    for name, pids in programs.items():
        held = pss_bytes(pids)
        held_mb[name] = sum(held.values()) / MB
        cpu_percent[name] = percent_of_second * (sum(after[name].values()) - sum(before[name].values()))
        for process, size in held.items():
            percent = percent_of_second * (after[name][process] - before[name][process])
            print(f"{process:25} {size / MB:6.1f} MB {percent:5.2f} %", flush=True)
    return cpu_percent, held_mb


def add_idle(report: Report, what: str, found: Mapping[str, float], unit: str, bound: float) -> None:
    for name, value in found.items():
        report.row(f"{name}, {what}", "ours" if name == OURS else "peer", value, unit)
    report.limit(f"idle {what} at most {bound:g} {unit}", found[OURS], bound)


if __name__ == "__main__":
    main()
