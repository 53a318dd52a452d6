"""Debian's Prometheus and Alertmanager, on ports and directories of their own."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.programs.running import ProgramFailed, answers, environment, running, wait_until

Configuration = dict[str, Any]  # as JSON, which YAML contains


@contextmanager
def alertmanager(directory: Path, port: int, webhook_url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Tells ``webhook_url`` at once and each alert by itself."""
    route = {"receiver": "bench", "group_by": ["..."], "group_wait": "0s"}
    webhook = {"url": webhook_url, "send_resolved": False}
    configuration = {"route": route, "receivers": [{"name": "bench", "webhook_configs": [webhook]}]}
    arguments = [
        f"--storage.path={directory / 'alertmanager'}",
        "--cluster.listen-address=",
    ]  # alone, it waits for none
    with _ready("prometheus-alertmanager", directory, port, configuration, *arguments) as process:
        yield process


@contextmanager
def prometheus(
    directory: Path,
    port: int,
    alertmanager_port: int,
    scrape_configs: list[Configuration],
    groups: list[Configuration],
    interval: str = "10s",
) -> Iterator["subprocess.Popen[bytes]"]:
    """Scrapes and evaluates every ``interval``, where ``scrape_configs`` and ``groups`` of rules do not say else."""
    rules = directory / "rules.json"
    rules.write_text(json.dumps({"groups": groups}), encoding="utf-8")
    target = {"static_configs": [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]}
    configuration = {
        "global": {"scrape_interval": interval, "scrape_timeout": "4s", "evaluation_interval": interval},
        "rule_files": [str(rules)],
        "scrape_configs": scrape_configs,
        "alerting": {"alertmanagers": [target]},
    }
    storage = f"--storage.tsdb.path={directory / 'prometheus'}"
    with _ready("prometheus", directory, port, configuration, storage) as process:
        yield process


@contextmanager
def _ready(
    name: str, directory: Path, port: int, configuration: Configuration, *arguments: str
) -> Iterator["subprocess.Popen[bytes]"]:
    program = shutil.which(name)
    if program is None:
        raise ProgramFailed(f"{name} is not installed: as root, apt-get install {name}")
    file, log = directory / f"{name}.json", directory / f"{name}.log"
    file.write_text(json.dumps(configuration), encoding="utf-8")
    command = [program, f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}", *arguments]
    with running(command, log, environment()) as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), process, log)
        yield process
