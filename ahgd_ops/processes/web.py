"""The web process: gunicorn with threads, its settings in ``gunicorn.conf.py``; these are its hooks."""

import signal
import sys
from itertools import count
from pathlib import Path
from types import FrameType

from django.conf import settings
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from ahgd_ops.processes import lifetime, probe_server
from ahgd_ops.processes.forking import freeze
from ahgd_ops.processes.lifeline import die_with
from ahgd_ops.processes.news import LOST, READY, wire

SETTINGS_FILE = Path(__file__).resolve().parent.parent / "gunicorn.conf.py"


def run() -> int:
    lifetime.show_process_as("web")
    sys.argv = ["gunicorn", "--config", str(SETTINGS_FILE), "ahgd_ops.wsgi"]  # ours was Django's
    WSGIApplication().run()
    return 0


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Gives the worker the lowest free slot: its name stays the same when it replaces one that died."""
    taken = {other.slot for other in server.WORKERS.values()}
    worker.slot = next(slot for slot in count(1) if slot not in taken)
    freeze()


def post_fork(server: Arbiter, worker: Worker) -> None:
    die_with(worker.ppid)


def post_worker_init(worker: Worker) -> None:
    _drain_on_term(worker)
    lifetime.start_process(f"web-{worker.slot}")
    if settings.CONFIG.health_endpoint_enabled:
        probe_server.start(settings.CONFIG.bind, settings.CONFIG.health_endpoint_port)
    wire.announce(READY)


def worker_exit(server: Arbiter, worker: Worker) -> None:
    lifetime.stop_process()


def child_exit(server: Arbiter, worker: Worker) -> None:
    """In gunicorn's own process, after one of its workers is gone."""
    lifetime.forget_process(worker.pid)
    wire.announce(LOST, f"web-{worker.slot} ended and was replaced")


def _drain_on_term(worker: Worker) -> None:
    """Readiness says no from TERM on, while the requests that run are finished."""
    from monitoring.health import drain

    def handle(number: int, frame: FrameType | None) -> None:
        drain()
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, handle)
    signal.siginterrupt(signal.SIGTERM, False)  # as gunicorn has it
