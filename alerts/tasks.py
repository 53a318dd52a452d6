"""Periodic work of alerting: load, call, save."""

import logging
import time
import urllib.request
from datetime import timedelta

from celery import Task, shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from alerts import escalation
from alerts.acknowledging import lapse
from alerts.evaluation import evaluate
from alerts.holding import hold_data
from alerts.muting.maintenance import exclude_windows
from alerts.outbox import deliver_due
from alerts.repeats import repeat_due
from alerts.retention import delete_old_alerts
from monitoring import database_now, lease, least_gap_seconds, series

log = logging.getLogger(__name__)
REPEAT_SECONDS = 30


@shared_task(name="alerts.evaluate")
def evaluate_rules() -> None:
    """Judges the rules on what is new, and wakes delivery when there is something to tell."""
    if not settings.CONFIG.enable_alerting:
        return
    try:
        report = evaluate(database_now(), least_gap_seconds("evaluate", settings.CONFIG.evaluate_seconds))
    except series.HighWaterUnknown as unknown:  # the lease has it as the cycle's error: such a cycle is not a good one
        log.warning("Nothing was judged: %s", unknown)
        return
    if report is None:
        return
    if report.opened or report.changed or report.resolved:
        wake(deliver)
    if settings.CONFIG.heartbeat_url:
        wake(beat)


@shared_task(name="alerts.deliver")
def deliver() -> None:
    """Sends what is due and rescues what an ended worker left."""
    if settings.CONFIG.enable_alerting:
        deliver_due(database_now())


@shared_task(name="alerts.escalate")
def escalate() -> None:
    """Ends acknowledges whose time is over, then runs the escalation steps that are due."""
    if settings.CONFIG.enable_alerting:
        now = database_now()
        lapse(now)
        if escalation.sweep(now):
            wake(deliver)


@shared_task(name="alerts.audit_escalations")
def audit_escalations() -> None:
    """Runs the steps that ``escalate`` missed; not on its queue, so that what blocks one does not block the other."""
    if settings.CONFIG.enable_alerting and escalation.audit(database_now()):
        wake(deliver)


@shared_task(name="alerts.repeat")
def repeat() -> None:
    """Tells open alerts again whose time has come, and notes the maintenance that uptime does not count."""
    if not settings.CONFIG.enable_alerting:
        return
    with lease("repeat", seconds=60, gap_seconds=least_gap_seconds("repeat", REPEAT_SECONDS)) as held:
        if held is None:
            return
        now = database_now()
        exclude_windows(now)
        if repeat_due(now):
            wake(deliver)


@shared_task(name="alerts.beat")
def beat() -> None:
    """Tells a dead man's switch elsewhere that a cycle of evaluation went well; it raises the alarm when this ends."""
    with lease("heartbeat", seconds=20) as held:  # an address that hangs must not gather waiting threads
        if held is None:
            return
        try:
            with urllib.request.urlopen(settings.CONFIG.heartbeat_url, timeout=10) as answer:  # noqa: S310  (http, https)
                answer.read(1)
        except (OSError, ValueError) as error:
            log.warning("AHGD_HEARTBEAT_URL could not be reached: %s", type(error).__name__)


@shared_task(name="alerts.retain")
def retain() -> None:
    """Deletes resolved alerts past their retention, for at most a minute; the data of the others is held."""
    keep = timedelta(hours=settings.CONFIG.alert_retention_hours)
    ends = time.monotonic() + 60
    with lease("alert-retention", seconds=120, gap_seconds=60) as held:
        if held is None:
            return
        while time.monotonic() < ends and delete_old_alerts(database_now(), keep):
            pass
        hold_data()


def wake(task: Task) -> None:
    """Asks for a task now. With the broker away, its schedule or the next cycle does the same work a little later."""
    try:
        task.apply_async(expires=30)
    except (OperationalError, OSError):
        return
