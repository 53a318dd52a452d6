"""The guide's door to alerting: rules as code, one fact judged at once, alerts ended, and what there was."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Count

from alerts import lifecycle
from alerts.coded import AlertChannel, AlertConfig, AlertRule, RuleVerdict
from alerts.escalation.coded import drop_policy, policy_as_stored, store_policy
from alerts.facts import Fact, of_check, of_metric
from alerts.judging import judge_now
from alerts.models import Alert, Channel, Rule, Severity
from monitoring import database_now, series
from monitoring.health import feed


class Measured(Protocol):
    """A metric to judge. ``category``, ``tags``, ``metadata`` and an aware ``timestamp`` are read where it has them."""

    name: str
    value: float


class Checked(Protocol):
    """A result of a health check. ``message``, ``duration_ms``, ``metadata`` and ``timestamp`` where it has them."""

    name: str
    status: Any


class AlertManager:
    """Holds nothing and starts nothing: rules and alerts are in the database, the evaluator judges on schedule."""

    def __init__(self, config: AlertConfig | None = None) -> None:
        self.config = config

    @transaction.atomic
    def add_rule(self, rule: AlertRule) -> Rule:
        """Creates the rule by name, or updates those of its fields that nobody edited since code last set them.

        Raises django.core.exceptions.ValidationError for a condition or template that would be refused in the admin.
        """
        if self.config is not None:
            for channel in _channels_of(self.config):
                Channel.objects.get_or_create(name=channel.pop("name"), defaults=channel)
        row = Rule.objects.filter(name=rule.name).first() or Rule(name=rule.name)
        is_new = row.pk is None
        coded = _fields_of(rule)
        for name, value in coded.items():
            if is_new or (name in row.coded and getattr(row, name) == row.coded[name]):
                setattr(row, name, value)
        kinds = sorted(channel.value for channel in rule.channels)
        may_set_channels = is_new or row.coded.get("channels") == _kinds_of(row)
        escalation = row.coded.get("escalation", [])
        may_set_escalation = is_new or escalation == policy_as_stored(row)
        row.coded = {**coded, "channels": kinds}
        row.full_clean(exclude=("channels", "depends_on"))
        row.save()
        if may_set_channels:
            row.channels.set(Channel.objects.filter(kind__in=kinds, enabled=True))
            row.coded["channels"] = _kinds_of(row)
        if may_set_escalation:
            next_kinds = {channel.value for channel in rule.escalation_channels or ()}
            store_policy(row, rule.escalation_delay_minutes, next_kinds)
            escalation = policy_as_stored(row)
        row.coded["escalation"] = escalation
        row.save(update_fields=["coded", "escalation_policy"])
        return row

    def remove_rule(self, name: str) -> bool:
        """Deletes the rule and resolves its alerts with the reason ``rule deleted``; False when there is none."""
        with transaction.atomic():
            deleted = Rule.objects.filter(name=name).first()
            if deleted is None:
                return False
            drop_policy(deleted)
            deleted.delete()
            lifecycle.resolve_orphans(database_now())
        return True

    def evaluate_metric(self, metric: Measured) -> Mapping[str, RuleVerdict]:
        """Judges the metric by every enabled rule, now: nothing is recorded, its alerts and notifications are real."""
        now = database_now()
        return judge_now(lambda windows: _fact_of_metric(metric, now, windows), now)

    def evaluate_health_check(self, check: Checked) -> Mapping[str, RuleVerdict]:
        """As ``evaluate_metric``, for a result of a health check."""
        now = database_now()
        result = _result_of(check, now)
        return judge_now(lambda windows: of_check(result, now, windows), now)

    def resolve_alert(self, alert: int | str) -> int:
        """Ends an alert by its number, or all of a rule by its name; gives how many were open."""
        now = database_now()
        chosen = {"pk": alert} if isinstance(alert, int) else {"rule_name": alert}
        ended = 0
        for row in Alert.objects.filter(resolved_at__isnull=True, **chosen):
            try:
                lifecycle.resolve_by_hand(row, None, now)
            except lifecycle.AlreadyResolved:
                continue
            ended += 1
        return ended

    def get_alert_statistics(self) -> dict[str, Any]:
        """Counts of alerts: in all, open, of the last 24 hours, by severity and by rule; and of rules."""
        alerts = Alert.objects.order_by()
        recent = alerts.filter(opened_at__gte=database_now() - timedelta(hours=24))
        by_severity = dict(alerts.values_list("severity").annotate(count=Count("id")))
        return {
            "total_alerts": alerts.count(),
            "active_alerts": alerts.filter(resolved_at__isnull=True).count(),
            "alerts_last_24h": recent.count(),
            "alerts_by_severity": {one.word: by_severity.get(one.value, 0) for one in Severity},
            "alerts_by_rule": dict(alerts.values_list("rule_name").annotate(count=Count("id"))),
            "total_rules": Rule.objects.count(),
            "enabled_rules": Rule.objects.filter(enabled=True).count(),
            "broken_rules": Rule.objects.filter(enabled=True).exclude(broken_reason="").count(),
        }


@lru_cache(maxsize=1)
def get_alert_manager() -> AlertManager:
    """The manager of this process."""
    return AlertManager()


def _fields_of(rule: AlertRule) -> dict[str, Any]:
    return {
        "condition": rule.condition,
        "severity": Severity[rule.severity.name].value,
        "message_template": rule.message_template,
        "cooldown_minutes": rule.cooldown_minutes,
        "max_alerts_per_hour": rule.max_alerts_per_hour,
        "enabled": rule.enabled,
        "tags": dict(rule.tags),
    }


def _kinds_of(row: Rule) -> list[str]:
    """What the rule's channels are, told so that an edit shows: their names."""
    return sorted(row.channels.values_list("name", flat=True))


def _channels_of(config: AlertConfig) -> Iterator[dict[str, Any]]:
    made = {"seeded_from": "AlertConfig", "enabled": True}
    if config.email_to:
        recipients = {"recipients": list(config.email_to)}
        yield {"name": "email-from-code", "kind": AlertChannel.EMAIL.value, "settings": recipients, **made}
    for url in config.webhook_urls:
        name = "webhook-" + hashlib.blake2b(url.encode(), digest_size=4).hexdigest()
        yield {"name": name, "kind": AlertChannel.WEBHOOK.value, "settings": {"url": url}, **made}
    if config.alert_log_file is not None:
        path = {"path": str(config.alert_log_file)}
        yield {"name": "file-from-code", "kind": AlertChannel.FILE.value, "settings": path, **made}


def _fact_of_metric(metric: Measured, now: datetime, windows: Any) -> Fact:
    tags = {str(tag): str(value) for tag, value in (getattr(metric, "tags", None) or {}).items()}
    category = getattr(metric, "category", None) or ""
    subject = series.subject(metric.name, str(getattr(category, "value", category)), tags)
    fact = of_metric(subject, _number(metric.value), _time_of(metric, now), windows)
    return fact.with_metadata(getattr(metric, "metadata", None) or {})


def _number(value: float) -> float:
    """An integer past all floats is as good as infinite, and breaks the conditions that use it."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _result_of(check: Checked, now: datetime) -> feed.Result:
    return feed.Result(
        name=check.name,
        status=str(getattr(check.status, "value", check.status)),
        message=str(getattr(check, "message", "") or ""),
        duration_ms=float(getattr(check, "duration_ms", 0) or 0),
        metadata=dict(getattr(check, "metadata", None) or {}),
        at=_time_of(check, now),
    )


def _time_of(subject: object, now: datetime) -> datetime:
    """When it was measured; a naive time is taken as UTC, one ahead of ours as now."""
    at = getattr(subject, "timestamp", None)
    if not isinstance(at, datetime):
        return now
    return min(at if at.tzinfo is not None else at.replace(tzinfo=UTC), now)
