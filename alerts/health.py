"""Health checks of alerting itself; ``settings.HEALTH_CHECKS`` joins them to the others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db.models import Count, Min, Q

from alerts import escalation
from alerts.dead_ends import dead_ends
from alerts.models import Notification
from monitoring.health import GRACE_SECONDS, Check, Finding, Status, judge_sign, read_jobs, span, uptime_seconds


@dataclass
class Evaluation(Check):
    """Whether rules are judged: without that, silence means nothing. Overdue after 3 intervals, which is critical."""

    name: ClassVar[str] = "evaluation"
    is_judged_when_read: ClassVar[bool] = True
    grace_seconds: float = GRACE_SECONDS

    def find(self, now: datetime) -> Finding:
        if not settings.CONFIG.enable_alerting:
            return Finding(Status.HEALTHY, "Alerting is switched off (AHGD_ALERTING)")
        job = read_jobs().get("evaluate")
        if job is None:
            return Finding(Status.UNKNOWN, "Evaluation is not scheduled by an interval")
        if not job.is_enabled:
            return Finding(Status.WARNING, "Evaluation is switched off in the schedule: no rule can fire")
        finding = judge_sign("Rules judged", job.finished_at, job.limit_seconds, now, self.grace_seconds)
        if finding.status is Status.CRITICAL and job.error:
            return Finding(
                Status.CRITICAL, f"{finding.message}; the last attempt failed: {job.error}", finding.metadata
            )
        return finding


@dataclass
class Outbox(Check):
    """Whether what is due is sent: nothing may wait for minutes without a reason that people can read."""

    name: ClassVar[str] = "outbox"
    grace_seconds: float = GRACE_SECONDS
    stuck_after_seconds: float = 120

    def find(self, now: datetime) -> Finding:
        before = now - timedelta(seconds=self.stuck_after_seconds)
        due = Q(state=Notification.State.DUE, due_at__lt=before, held_reason="")
        left = Q(state=Notification.State.LEASED, lease_until__lt=before)
        stuck = Notification.objects.filter(due | left).aggregate(count=Count("id"), oldest=Min("created_at"))
        if not stuck["count"]:
            return Finding(Status.HEALTHY, "Nothing waits without a reason", {"stuck": 0})
        age_seconds = (now - stuck["oldest"]).total_seconds()
        text = f"{stuck['count']} wait for no reason, the oldest for {span(age_seconds)}"
        is_young = uptime_seconds() < self.grace_seconds  # what was left at the last stop is sent first
        return Finding(Status.UNKNOWN if is_young else Status.CRITICAL, text, {"stuck": stuck["count"]})


@dataclass
class Escalation(Check):
    """Whether escalation steps run in their time: critical while one is overdue, a warning for an hour after it ran."""

    name: ClassVar[str] = "escalation"
    is_judged_when_read: ClassVar[bool] = True
    grace_seconds: float = GRACE_SECONDS

    def find(self, now: datetime) -> Finding:
        waiting = escalation.overdue(now)
        if waiting:
            first = waiting[0]
            text = f"{len(waiting)} overdue, {first.rule} for {span(first.late.total_seconds())}"
            is_young = uptime_seconds() < self.grace_seconds  # what fell due while the console was off runs first
            return Finding(Status.UNKNOWN if is_young else Status.CRITICAL, text, {"overdue": len(waiting)})
        late = escalation.late_since(now - timedelta(hours=1))
        if not late:
            return Finding(Status.HEALTHY, "Every step ran in its time", {"overdue": 0})
        text = f"{late[0].alert.rule_name} escalated {span(late[0].late_seconds)} late"
        return Finding(Status.WARNING, text, {"overdue": 0, "late": len(late)})


@dataclass
class Telling(Check):
    """Whether somebody is told of every rule: a warning names each dead end, since its alerts would pass unnoticed."""

    name: ClassVar[str] = "telling"
    most_named: int = 3

    def find(self, now: datetime) -> Finding:
        if not settings.CONFIG.enable_alerting:
            return Finding(Status.HEALTHY, "Alerting is switched off (AHGD_ALERTING)")
        found = [str(one) for one in dead_ends(now)]
        if not found:
            return Finding(Status.HEALTHY, "Every enabled rule has somebody to tell", {"dead_ends": 0})
        more = len(found) - self.most_named
        text = " ".join([*found[: self.most_named], *([f"And {more} more."] if more > 0 else [])])
        return Finding(Status.WARNING, text, {"dead_ends": len(found)})
