"""Finds steps that should have run and did not, whatever kept them: a sweep that is off, stuck or wrong.

What should have run is worked out anew from alerts, rules and policies; the due times that the sweep keeps are not
trusted.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.escalation.courses import escalating, read
from alerts.escalation.stepping import late_after, sweep
from alerts.models import Escalation

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Overdue:
    alert_id: int
    rule: str
    due_at: datetime
    late: timedelta


def overdue(now: datetime) -> list[Overdue]:
    """Steps that are late by more than ``CONFIG.escalation_late_seconds``, the longest first."""
    found = [
        Overdue(course.alert.pk, course.alert.rule_name, course.plan.due_at, now - course.plan.due_at)
        for course in read(escalating(), now)
        if course.plan.due_at is not None and now - course.plan.due_at > late_after()
    ]
    return sorted(found, key=lambda one: one.due_at)


def audit(now: datetime) -> list[Overdue]:
    """Runs what is overdue and gives what it was; each is logged, and stays on its alert's history."""
    found = overdue(now)
    for one in found:
        log.error(
            "Escalation of alert %s (%s) was due at %s, %s s late: the sweep did not run it.",
            one.alert_id,
            one.rule,
            one.due_at.isoformat(timespec="seconds"),
            round(one.late.total_seconds()),
        )
    if found:
        sweep(now)
    return found


def late_since(since: datetime) -> list[Escalation]:
    """Escalations with a step that ran late since then, the latest first."""
    rows = Escalation.objects.filter(late_at__gte=since).select_related("alert").order_by("-late_at")
    return list(rows)
