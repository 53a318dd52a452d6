"""Celery's queues and workers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import Celery
from django.conf import settings
from kombu.exceptions import ChannelError

from monitoring.clock import database_now, to_ms
from monitoring.collectors.base import Reading
from monitoring.models import Series
from monitoring.schedule import limit_seconds

_SEEN_WITHIN = timedelta(seconds=60)


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


def worker_seen_within() -> timedelta:
    """A worker that measured itself as lately is there: within a minute, or three intervals where those are longer."""
    return max(_SEEN_WITHIN, timedelta(seconds=limit_seconds(settings.CONFIG.collect_seconds)))


@dataclass(frozen=True, slots=True)
class WorkersCollector:
    """Workers of all hosts that measured themselves lately, supervised or not."""

    name: str = "workers"

    def collect(self) -> Iterable[Reading]:
        seen = Series.objects.filter(
            metric__name="process_resident_memory_bytes",
            tags__process__startswith="worker-",
            last_at__gte=to_ms(database_now() - worker_seen_within()),
        )
        yield Reading("celery_workers", seen.count())
