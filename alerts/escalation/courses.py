"""Reads how far alerts have come in their policies: all at once for a sweep, one under a lock before its step."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from alerts.escalation.pauses import pauses
from alerts.escalation.planning import Plan, Stand, Step, plan
from alerts.lifecycle import ITSELF
from alerts.models import Alert, Escalation, EscalationPolicy, EscalationStep
from alerts.models.escalation import RUNNING


@dataclass(frozen=True, slots=True)
class Course:
    """An alert, its escalation as it is stored, and what has to come of it."""

    alert: Alert
    row: Escalation | None
    policy: EscalationPolicy | None
    stand: Stand
    plan: Plan

    @property
    def is_stored(self) -> bool:
        """Whether the row says already what the plan says."""
        return self.row is not None and _said(self.row) == _said(self.escalation())

    def is_due(self, now: datetime) -> bool:
        return self.plan.due_at is not None and self.plan.due_at <= now

    def after_step(self, now: datetime) -> "Course":
        """The course once the step that is due has run at ``now``; the next wait begins there, however late it was."""
        assert self.plan.step is not None  # noqa: S101  (only a course that is due has its step run)
        stand = replace(self.stand, position=self.plan.step.position, counted_from=now, paused_at=None)
        return replace(self, stand=stand, plan=plan(stand, now))

    def escalation(self) -> Escalation:
        """The row as it has to be."""
        return Escalation(
            alert=self.alert,
            policy=self.policy,
            position=self.stand.position,
            counted_from=self.plan.counted_from,
            paused_at=self.plan.paused_at,
            due_at=self.plan.due_at,
            reason=self.plan.reason,
        )


PLANNED = ("policy_id", "position", "counted_from", "paused_at", "due_at", "reason")


def _said(row: Escalation) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in PLANNED)


def escalating() -> QuerySet[Alert]:
    """Alerts that a policy is for, and those whose escalation has not been brought to its end.

    Both are found by indexes, however many alerts there were.
    """
    is_open = Q(resolved_at__isnull=True, rule__escalation_policy__isnull=False) & ~Q(fingerprint=ITSELF)
    wanted = set(Alert.objects.filter(is_open).order_by().values_list("pk", flat=True))
    wanted.update(Escalation.objects.filter(RUNNING).values_list("alert_id", flat=True))
    return with_all().filter(pk__in=wanted)


def with_all() -> QuerySet[Alert]:
    """Alerts as ``read`` needs them."""
    related = ("rule__escalation_policy", "acknowledged_by", "escalation__policy")
    return Alert.objects.select_related(*related).order_by("opened_at", "id")


def read(alerts: Iterable[Alert], now: datetime) -> list[Course]:
    """The course of each of these, which come ``with_all``."""
    alerts = list(alerts)
    steps = _steps({alert.rule.escalation_policy_id for alert in alerts if alert.rule is not None})
    held = pauses([alert for alert in alerts if alert.is_open], now)
    return [_course(alert, steps, held.get(alert.pk, ""), now) for alert in alerts]


def _course(alert: Alert, steps: dict[int, list[Step]], held_by: str, now: datetime) -> Course:
    row: Escalation | None = getattr(alert, "escalation", None)
    policy = alert.rule.escalation_policy if alert.rule is not None else None
    position, counted_from, paused_at = _progress(alert, row, policy, now)
    stand = Stand(
        steps=steps.get(policy.pk, ()) if policy is not None else (),
        position=position,
        counted_from=counted_from,
        paused_at=paused_at,
        is_open=alert.is_open,
        held_by=f"acknowledged by {alert.owner}" if alert.owner else held_by,
        held_since=alert.acknowledged_at,
    )
    return Course(alert, row, policy or (row.policy if row is not None else None), stand, plan(stand, now))


def _progress(
    alert: Alert, row: Escalation | None, policy: EscalationPolicy | None, now: datetime
) -> tuple[int, datetime, datetime | None]:
    """Position, and since when the wait runs and stands still. Another policy begins at its first step, now.

    An alert that was open before its rule got the policy waits from then, instead of being late at once.
    """
    if row is None:
        edited = [one.updated_at for one in (alert.rule, policy) if one is not None]
        return 0, max([alert.opened_at, *edited]), None
    if policy is not None and row.policy_id != policy.pk:
        return 0, now, None
    return row.position, row.counted_from, row.paused_at


def _steps(policy_ids: Iterable[int | None]) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = {}
    rows = EscalationStep.objects.filter(policy__in=[pk for pk in policy_ids if pk is not None])
    for row in rows.prefetch_related("channels"):
        channels = tuple(sorted(channel.pk for channel in row.channels.all()))
        step = Step(row.position, timedelta(minutes=row.wait_minutes), channels)
        found.setdefault(row.policy_id, []).append(step)
    return found
