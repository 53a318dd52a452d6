"""Beat's scheduler, with a sign of life at each tick: one that hangs in the database gives none."""

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from ahgd_ops.processes import heartbeat


class TickingScheduler(DatabaseScheduler):  # type: ignore[misc]  # the package ships no types
    def tick(self, *args: Any, **kwargs: Any) -> float:
        heartbeat.beat("beat")
        seconds: float = super().tick(*args, **kwargs)
        return min(seconds, heartbeat.EVERY_SECONDS)
