"""What every process of the console does when it starts and when it ends."""

import contextlib
import os
from pathlib import Path

from django.db import connections
from django.utils.module_loading import import_string


def start_process(name: str) -> None:
    """Begins to measure this process under ``name``: its role and slot, such as ``web-1``, never a pid.

    Also to look after this host, should no other process of it do so.
    """
    from monitoring import get_performance_monitor

    show_process_as(name)
    get_performance_monitor().start_monitoring(process=name)


def show_process_as(name: str) -> None:
    """Tells apart in ``top`` and ``ps -e`` what one command line forked; where there is no /proc, nothing does."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"ahgd-{name}", encoding="ascii")


def stop_process() -> None:
    """Stores what was recorded and not yet flushed, and closes the database."""
    from monitoring import get_performance_monitor

    get_performance_monitor().stop_monitoring()
    connections.close_all()


def empty_prometheus_directory() -> None:
    """Forgets the metrics of a previous run; several web processes share their counts through files there."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if directory is None:
        return
    for entry in os.scandir(directory):
        if entry.name.endswith(".db"):
            os.unlink(entry.path)


def forget_process(pid: int) -> None:
    """Drops the gauges that were true only while the process of ``pid`` lived."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        import_string("prometheus_client.multiprocess.mark_process_dead")(pid)
