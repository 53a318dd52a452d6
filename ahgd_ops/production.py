"""What every process of the console does when it starts and when it ends."""

import os

from django.conf import settings
from django.db import connections


def start_process(name: str) -> None:
    """Begins to measure this process under ``name``: its role and slot, such as ``web-1``, never a pid."""
    from monitoring import get_performance_monitor

    if settings.CONFIG.enable_performance_monitoring:
        get_performance_monitor().start_monitoring(process=name)


def stop_process() -> None:
    """Stores what was recorded and not yet flushed, and closes the database."""
    from monitoring import get_performance_monitor

    if settings.CONFIG.enable_performance_monitoring:
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
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)
