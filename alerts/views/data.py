"""What the console shows of alerts, as plain JSON values. Times are milliseconds since the epoch."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.urls import reverse

from alerts.conditions import Condition, ConditionRefused, parse
from alerts.models import Alert, Rule, Severity

LEVELS = {Severity.LOW: "info", Severity.MEDIUM: "warning", Severity.HIGH: "critical", Severity.CRITICAL: "critical"}
_MOST_BANDS = 200


def live_part(now: datetime) -> dict[str, Any]:
    """Open alerts, the worst and then the oldest first, and how many rules watch."""
    alerts = [_alert(one) for one in open_alerts()]
    return {
        "alerts": alerts,
        "rules": watching(),
        "findings": [
            {
                "level": one["level"],
                "text": one["summary"] or f"{one['rule']} on {one['subject']}",
                "since": one["opened"],
            }
            for one in alerts
        ],
        "calm_since": _ms(last_resolved_at()),
    }


def chart_part(metric: str, start_ms: int, end_ms: int) -> dict[str, Any]:
    """What a chart of this metric draws besides its series: limits of rules, and bands while an alert was open."""
    return {"thresholds": _thresholds(metric), "bands": _bands(metric, start_ms, end_ms)}


def open_alerts() -> QuerySet[Alert]:
    rows = Alert.objects.filter(resolved_at__isnull=True).select_related("rule", "acknowledged_by", "escalation")
    return rows.order_by("-severity", "opened_at", "id")


def watching() -> int:
    return Rule.objects.filter(enabled=True).count()


def last_resolved_at() -> datetime | None:
    found: datetime | None = Alert.objects.aggregate(last=Max("resolved_at"))["last"]
    return found


def level_of(severity: int) -> str:
    """The state a severity is shown as: info, warning or critical."""
    return LEVELS[Severity(severity)]


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "rule": alert.rule_name,
        "subject": alert.subject,
        "metric": alert.labels.get("metric", ""),
        "severity": Severity(alert.severity).word,
        "level": level_of(alert.severity),
        "summary": alert.summary,
        "opened": _ms(alert.opened_at),
        "acknowledged": _ms(alert.acknowledged_at),
        "owner": alert.owner,
        "acknowledged_until": _ms(alert.acknowledged_until),
        "url": reverse("alerts:detail", args=[alert.pk]),
    }


def _thresholds(metric: str) -> list[dict[str, Any]]:
    rules = Rule.objects.filter(enabled=True, condition__contains=metric).order_by("name")
    found = [(rule, _condition(rule.condition)) for rule in rules]
    return [
        {
            "rule": rule.name,
            "value": condition.threshold.value,
            "direction": condition.threshold.direction.value,
            "level": level_of(rule.severity),
        }
        for rule, condition in found
        if condition and condition.threshold and condition.selector.names == frozenset({metric})
    ]


def _condition(text: str) -> Condition | None:
    try:
        return parse(text)
    except ConditionRefused:  # an older release may have accepted it; its rule says so itself
        return None


def _bands(metric: str, start_ms: int, end_ms: int) -> list[dict[str, Any]]:
    start, end = datetime.fromtimestamp(start_ms / 1000, UTC), datetime.fromtimestamp(end_ms / 1000, UTC)
    overlaps = Q(resolved_at__isnull=True) | Q(resolved_at__gte=start)
    rows = Alert.objects.filter(overlaps, labels__metric=metric, opened_at__lte=end).order_by("-opened_at")
    return [
        {
            "id": alert.pk,
            "rule": alert.rule_name,
            "subject": alert.subject,
            "level": level_of(alert.severity),
            "from": _ms(alert.opened_at),
            "to": _ms(alert.resolved_at),
        }
        for alert in rows[:_MOST_BANDS]
    ]


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
