"""The console as people start it, with ports and a state directory of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.programs.running import PROJECT_DIR, START_SECONDS, environment, free_ports, running, wait_until

FROM_CHECKOUT = (sys.executable, "manage.py", "up")


@dataclass(frozen=True)
class Console:
    """A console that said it is ready, ``ready_seconds`` after it was started."""

    process: "subprocess.Popen[bytes]"
    environ: dict[str, str]
    output: str
    ready_seconds: float


@contextmanager
def console(
    directory: Path,
    command: Sequence[str] = FROM_CHECKOUT,
    project: Path = PROJECT_DIR,
    seconds: float = START_SECONDS,
    **variables: str,
) -> Iterator[Console]:
    """Runs it with all defaults but the ports and ``variables``; what it says is in ``directory``/console.log."""
    port, health_port = (str(port) for port in free_ports(2))
    environ = environment(AHGD_PORT=port, AHGD_HEALTH_PORT=health_port, **variables)
    log = directory / "console.log"
    began = time.monotonic()
    with running(command, log, environ, project) as process:
        wait_until(lambda: b"\nready in " in log.read_bytes(), process, log, seconds)
        yield Console(process, environ, log.read_text(encoding="utf-8"), time.monotonic() - began)


def load_rows(console: Console, rows: list[dict[str, Any]], file: Path) -> None:
    """Adds rows to its database, written as Django's fixtures are."""
    file.write_text(json.dumps(rows), encoding="utf-8")
    command = [sys.executable, "manage.py", "loaddata", "--verbosity=0", str(file)]
    subprocess.run(command, cwd=PROJECT_DIR, env=console.environ, check=True)
