"""Celery's queues and workers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import Celery
from kombu.exceptions import ChannelError

from monitoring.clock import database_now
from monitoring.collectors.base import Reading
from monitoring.models import ProcessState

_UNSEEN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class QueuesCollector:
    """Messages that wait, by queue. Raises kombu's OperationalError when the broker is away."""

    app: Celery
    name: str = "queues"

    def collect(self) -> Iterable[Reading]:
        with self.app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
            channel: Any = connection.default_channel
            for queue in sorted(queues(self.app)):
                try:
                    waiting = channel.queue_declare(queue=queue, passive=True).message_count
                except ChannelError:  # nobody has sent to it yet
                    waiting = 0
                yield Reading("celery_queue_length", waiting, (("queue", queue),))


def queues(app: Celery) -> set[str]:
    """Those that tasks are sent to by the settings."""
    routes = app.conf.task_routes or {}
    return {str(app.conf.task_default_queue)} | {str(route["queue"]) for route in routes.values() if "queue" in route}


@dataclass(frozen=True, slots=True)
class WorkersCollector:
    """Workers that their supervisor saw running within the last minute, of all hosts."""

    name: str = "workers"

    def collect(self) -> Iterable[Reading]:
        seen = ProcessState.objects.filter(name__startswith="worker", phase=ProcessState.Phase.RUNNING)
        yield Reading("celery_workers", seen.filter(seen_at__gte=database_now() - _UNSEEN).count())
