"""Celery tasks: how long they take, which fail, which are tried again. Connected where Celery's tasks are loaded."""

from contextlib import AbstractContextManager
from time import perf_counter
from typing import Any

from celery import Task, signals
from django.conf import settings

from monitoring import automatic

_running: dict[str, tuple[float, AbstractContextManager[Any]]] = {}


def connect() -> None:
    """Begins to measure tasks, unless AHGD_PERFORMANCE_MONITORING is false."""
    if settings.CONFIG.enable_performance_monitoring:
        signals.task_prerun.connect(begin, dispatch_uid="monitoring.begin")
        signals.task_postrun.connect(end, dispatch_uid="monitoring.end")
        signals.task_failure.connect(fail, dispatch_uid="monitoring.fail")
        signals.task_retry.connect(retry, dispatch_uid="monitoring.retry")
        signals.worker_process_shutdown.connect(store_the_rest, dispatch_uid="monitoring.store_the_rest")


def begin(task_id: str, task: Task, **kwargs: Any) -> None:
    within = automatic.executions.within(f"task {task.name}")
    within.__enter__()
    _running[task_id] = (perf_counter(), within)


def end(task_id: str, task: Task, **kwargs: Any) -> None:
    running = _running.pop(task_id, None)
    if running is not None:
        began, within = running
        within.__exit__(None, None, None)
        automatic.took("celery_task_duration_seconds", "celery", perf_counter() - began, task=task.name)


def fail(sender: Task, **kwargs: Any) -> None:
    automatic.count("celery_task_failures_total", "celery", task=sender.name)


def retry(sender: Task, **kwargs: Any) -> None:
    automatic.count("celery_task_retries_total", "celery", task=sender.name)


def store_the_rest(**kwargs: Any) -> None:
    """A child of Celery's prefork pool ends without running what is registered for the exit."""
    from monitoring import get_performance_monitor

    get_performance_monitor().stop_monitoring()
