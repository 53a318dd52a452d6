"""Web processes alone, as gunicorn serves them, for tests of what stands before or behind them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.checkout import PROJECT_DIR

STOP_SECONDS = 3


def migrate(environ: Mapping[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=PROJECT_DIR, env={**os.environ, **environ}, check=True)


@contextmanager
def web_process(port: int, environ: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs gunicorn on ``port`` of 127.0.0.1 until the context ends."""
    serve = [
        "-m",
        "gunicorn",
        "--threads=4",
        "--graceful-timeout=1",
        "--no-control-socket",
        "--log-level=error",
        "ahgd_ops.wsgi",
    ]
    command = [sys.executable, *serve, f"--bind=127.0.0.1:{port}"]
    with subprocess.Popen(command, cwd=PROJECT_DIR, env={**os.environ, **environ}) as server:
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()  # its workers notice
