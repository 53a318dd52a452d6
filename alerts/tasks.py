"""Periodic work of alerting: load, call, save."""

from celery import shared_task
from django.conf import settings

from alerts.evaluation import evaluate
from alerts.outbox import deliver_due
from monitoring import database_now, interval_seconds


@shared_task(name="alerts.evaluate")
def evaluate_rules() -> None:
    """Judges the rules on what is new, and wakes delivery when there is something to tell."""
    if not settings.CONFIG.enable_alerting:
        return
    gap_seconds = interval_seconds("evaluate", settings.CONFIG.evaluate_seconds) / 2
    report = evaluate(database_now(), gap_seconds)
    if report is not None and (report.opened or report.resolved):
        wake_delivery()


@shared_task(name="alerts.deliver")
def deliver() -> None:
    """Sends what is due and rescues what an ended worker left."""
    if settings.CONFIG.enable_alerting:
        deliver_due(database_now())


def wake_delivery() -> None:
    """Asks for a sweep now. With the broker away the next scheduled sweep does the same work, a little later."""
    from kombu.exceptions import OperationalError

    try:
        deliver.apply_async(expires=30)
    except (OperationalError, OSError):
        return
