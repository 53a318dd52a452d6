"""What has to run before the first sample is there, shown instead of an empty overview until it is."""

from typing import Any

from django_celery_beat.models import PeriodicTask

from monitoring.models import Lease


def items(found: dict[str, Any]) -> list[dict[str, str]]:
    """Each with a level, ok or unknown, and what is awaited; ``found`` is the live answer so far."""
    running = {row["name"].partition("-")[0] for row in found["processes"] if row["level"] == "ok"}
    worked = Lease.objects.filter(finished_at__isnull=False).exists()
    scheduled = PeriodicTask.objects.filter(last_run_at__isnull=False).exists()
    rules = found["rules"]
    return [
        _item("Database", True, "answers", ""),
        _item("Broker", worked, "has carried a task", "waiting for the first task"),
        _item("Worker", worked or "worker" in running, "runs", "starting"),
        _item("Beat", scheduled or "beat" in running, "keeps the schedule", "starting"),
        _item("Rules", rules > 0, f"{rules} watching", "none yet"),
    ]


def _item(name: str, is_ready: bool, ready: str, awaited: str) -> dict[str, str]:
    return {"name": name, "level": "ok" if is_ready else "unknown", "hint": ready if is_ready else awaited}
