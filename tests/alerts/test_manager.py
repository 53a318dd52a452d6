import enum
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts import (
    AlertChannel,
    AlertConfig,
    AlertManager,
    AlertRule,
    AlertSeverity,
    evaluation,
    get_alert_manager,
)
from alerts.models import Alert, Channel, Instance, Notification, Rule, Severity
from monitoring import models as stored
from monitoring.clock import database_now
from monitoring.leases import LeaseLost, acquire
from monitoring.models import Lease, MetricSnapshot, Series
from tests.alerts.feed import Feed

pytestmark = pytest.mark.django_db
CODED = AlertRule(
    name="high_memory_usage",
    condition="name == 'memory_usage_percent' and value > 85",
    severity=AlertSeverity.HIGH,
    channels=[AlertChannel.LOG, AlertChannel.WEBHOOK],
    message_template="High memory usage: {value:.1f}%",
    cooldown_minutes=15,
)


@dataclass
class Metric:
    name: str
    value: float
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Check:
    name: str
    status: str
    message: str = ""


def changed(**changes: Any) -> AlertRule:
    return AlertRule(**{one.name: getattr(CODED, one.name) for one in fields(CODED)} | changes)


def test_the_fields_and_defaults_of_the_guide_stay_valid() -> None:
    rule = AlertRule("a", "value > 1", AlertSeverity.LOW)
    assert (rule.cooldown_minutes, rule.max_alerts_per_hour, rule.enabled, rule.tags) == (15, 10, True, {})
    assert (rule.escalation_delay_minutes, rule.escalation_channels) == (60, None)
    config = AlertConfig()
    assert (config.smtp_host, config.smtp_port, config.smtp_use_tls) == ("localhost", 587, True)
    assert (config.global_rate_limit, config.aggregation_window_minutes, config.max_alert_history) == (100, 5, 10_000)


def test_a_rule_as_code_is_a_value() -> None:
    with pytest.raises(FrozenInstanceError):
        CODED.name = "other"  # type: ignore[misc]  (that this is refused is what is tested)


def test_secrets_are_not_shown() -> None:
    config = AlertConfig(smtp_password="s3cret", webhook_urls=["https://example.com/t0ken"])
    assert "s3cret" not in repr(config)
    assert "t0ken" not in repr(config)


def test_adding_a_rule_creates_it_with_every_enabled_channel_of_its_kinds(log_channel: Channel) -> None:
    Channel.objects.create(name="one", kind="webhook", settings={"url": "https://example.com/1"})
    Channel.objects.create(name="two", kind="webhook", settings={"url": "https://example.com/2"}, enabled=False)
    Channel.objects.create(name="mail", kind="email")
    rule = AlertManager().add_rule(CODED)
    assert (rule.severity, rule.cooldown_minutes) == (Severity.HIGH, 15)
    assert {channel.name for channel in rule.channels.all()} == {"log", "one"}


def test_adding_it_again_updates_what_nobody_edited(log_channel: Channel) -> None:
    manager = AlertManager()
    manager.add_rule(CODED)
    Rule.objects.update(cooldown_minutes=99)
    manager.add_rule(changed(cooldown_minutes=20, severity=AlertSeverity.CRITICAL))
    rule = Rule.objects.get()
    assert (rule.cooldown_minutes, rule.severity) == (99, Severity.CRITICAL)


def test_channels_that_people_chose_stay(log_channel: Channel) -> None:
    manager = AlertManager()
    manager.add_rule(CODED).channels.clear()
    assert not manager.add_rule(CODED).channels.exists()


def test_a_rule_made_by_hand_is_not_touched_by_code_of_the_same_name(make_rule: Callable[..., Rule]) -> None:
    make_rule(CODED.name, condition="value > 1")
    AlertManager().add_rule(CODED)
    assert Rule.objects.get().condition == "value > 1"


def test_a_condition_that_the_form_refuses_is_refused_here() -> None:
    with pytest.raises(ValidationError, match="did you mean `value`"):
        AlertManager().add_rule(changed(condition="valu > 85"))
    assert not Rule.objects.exists()


def test_a_config_brings_its_channels_once(tmp_path: Path) -> None:
    config = AlertConfig(email_to=["a@example.com"], webhook_urls=["https://example.com/x"])
    AlertManager(config).add_rule(changed(channels=[AlertChannel.EMAIL, AlertChannel.WEBHOOK]))
    AlertManager(config).add_rule(CODED)
    assert Channel.objects.filter(seeded_from="AlertConfig").count() == 2


def test_removing_a_rule_resolves_its_alerts(feed: Feed, log_channel: Channel) -> None:
    manager = get_alert_manager()
    manager.add_rule(CODED)
    manager.evaluate_metric(Metric("memory_usage_percent", 90))
    assert manager.remove_rule(CODED.name)
    assert not manager.remove_rule(CODED.name)
    assert Alert.objects.get().resolved_reason == "rule deleted"


def test_a_metric_is_judged_at_once_and_not_recorded(log_channel: Channel) -> None:
    manager = AlertManager()
    manager.add_rule(CODED)
    verdicts = manager.evaluate_metric(Metric("memory_usage_percent", 91.26))
    assert (str(verdicts[CODED.name]), bool(verdicts[CODED.name])) == ("true", True)
    assert Alert.objects.get().summary == "High memory usage: 91.3%"
    assert Notification.objects.count() == 1
    assert not MetricSnapshot.objects.exists()
    assert not Series.objects.exists()


class Category(enum.Enum):
    PLANT = "plant"


@dataclass
class Reading:
    """A metric as some program may have it: numbers and categories of its own types, tags that are no texts."""

    name: str
    value: Any
    category: enum.Enum
    tags: dict[str, object]
    metadata: dict[str, object]
    timestamp: datetime


@pytest.mark.parametrize(
    "condition",
    [
        "name == 'coolant_litres' and value > 7.4 and value < 7.6",
        "category == 'plant' and tags['tank'] == '7' and tags.get('site') is None",
        "metadata['shift'] == 'night' and metadata.get('crew', 0) == 3",
        "timestamp == 1700000000",
        "absent('coolant_litres', '1d') and name.startswith('coolant')",
        "not health_check and metric.name == 'coolant_litres'",
    ],
)
def test_a_metric_that_nobody_ever_recorded_has_all_its_facts_and_stays_unrecorded(
    make_rule: Callable[..., Rule], condition: str
) -> None:
    rule = make_rule("plant", condition=condition)
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    reading = Reading("coolant_litres", Decimal("7.5"), Category.PLANT, {"tank": 7}, {"shift": "night", "crew": 3}, at)
    assert AlertManager().evaluate_metric(reading)[rule.name]
    alert = Alert.objects.get()
    assert (alert.value, alert.labels) == (7.5, {"metric": "coolant_litres", "tank": "7"})
    assert alert.subject == 'coolant_litres{tank="7"}'
    assert not stored.Metric.objects.exists()
    assert not Series.objects.exists()
    assert not MetricSnapshot.objects.exists()


def test_a_metric_without_a_category_has_that_of_its_name(make_rule: Callable[..., Rule]) -> None:
    make_rule("by_category", condition="category == 'system' and value > 80")
    assert AlertManager().evaluate_metric(Metric("cpu_usage_percent", 90))["by_category"]
    stored.Metric.objects.create(name="cpu_usage_percent", category="hosts")
    assert not AlertManager().evaluate_metric(Metric("cpu_usage_percent", 90))["by_category"]


def test_it_is_the_same_alert_as_that_of_the_schedule(feed: Feed, log_channel: Channel) -> None:
    evaluation.evaluate(feed.now)
    manager = AlertManager()
    manager.add_rule(CODED)
    feed(90, name="memory_usage_percent", passed=timedelta(0), instance="a")
    evaluation.evaluate(feed.now)
    manager.evaluate_metric(Metric("memory_usage_percent", 95, {"instance": "a"}))
    assert Alert.objects.count() == 1
    manager.evaluate_metric(Metric("memory_usage_percent", 10, {"instance": "a"}))
    assert not Alert.objects.get().is_open


def test_a_rule_that_waits_waits_here_too(make_rule: Callable[..., Rule]) -> None:
    make_rule(for_seconds=60)
    AlertManager().evaluate_metric(Metric("cpu_usage_percent", 99))
    assert Instance.objects.get().state == "pending"
    Instance.objects.update(active_since=Instance.objects.get().active_since - timedelta(minutes=2))
    AlertManager().evaluate_metric(Metric("cpu_usage_percent", 99))
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("name == 'cpu_usage_percent' and value > 80", "true"),
        ("name == 'cpu_usage_percent' and value > 99", "false"),
        ("name == 'another' and value > 1", "false"),
        ("name == 'cpu_usage_percent' and value > avg('cpu_usage_percent', '5m')", "no data"),
        ("name == 'cpu_usage_percent' and value / 0 > 1", "broken: division by zero: 90 / 0"),
        ("value >", "broken"),
    ],
)
def test_each_rule_says_what_it_makes_of_the_metric(
    make_rule: Callable[..., Rule], condition: str, verdict: str
) -> None:
    make_rule(condition=condition)
    (found,) = AlertManager().evaluate_metric(Metric("cpu_usage_percent", 90)).values()
    assert str(found).startswith(verdict)


def test_a_health_check_is_judged_at_once(make_rule: Callable[..., Rule]) -> None:
    make_rule("health", condition="health_check and status in ['critical', 'unknown']")
    verdicts = AlertManager().evaluate_health_check(Check("database", "critical", "no answer"))
    assert verdicts["health"]
    assert Alert.objects.get().summary == "health check database: no answer"


def test_a_cycle_that_is_under_way_meanwhile_writes_nothing(make_rule: Callable[..., Rule], feed: Feed) -> None:
    make_rule()
    held = acquire(evaluation.LEASE, feed.now, seconds=60)
    assert held is not None
    AlertManager().evaluate_metric(Metric("cpu_usage_percent", 99))
    with pytest.raises(LeaseLost):
        held.confirm()
    assert acquire(evaluation.LEASE, feed.now + timedelta(seconds=1), seconds=60) is not None
    assert Lease.objects.count() == 1


def test_a_cycle_goes_on_when_what_is_judged_at_once_changes_nothing(
    make_rule: Callable[..., Rule], feed: Feed
) -> None:
    make_rule()
    AlertManager().evaluate_metric(Metric("cpu_usage_percent", 99))
    held = acquire(evaluation.LEASE, database_now(), seconds=60)
    assert held is not None
    for metric in (Metric("cpu_usage_percent", 98), Metric("cpu_usage_percent", 10, {"host": "b"}), Metric("other", 1)):
        AlertManager().evaluate_metric(metric)
    held.confirm()
    AlertManager().evaluate_metric(Metric("cpu_usage_percent", 10))
    with pytest.raises(LeaseLost):
        held.confirm()


def test_a_rule_that_breaks_on_what_is_judged_at_once_says_so_once(make_rule: Callable[..., Rule]) -> None:
    rule = make_rule(condition="name == 'cpu_usage_percent' and 1 / value > 0")
    for _ in range(2):
        assert AlertManager().evaluate_metric(Metric("cpu_usage_percent", 0))[rule.name].word == "broken"
    rule.refresh_from_db()
    assert "division by zero" in rule.broken_reason
    assert Alert.objects.count() == 1
    AlertManager().evaluate_metric(Metric("cpu_usage_percent", 5))
    assert not Rule.objects.exclude(broken_reason="").exists()


def test_a_number_past_all_bounds_breaks_the_rule_and_not_the_caller(make_rule: Callable[..., Rule]) -> None:
    make_rule(condition="name == 'cpu_usage_percent' and value > 80")
    assert AlertManager().evaluate_metric(Metric("cpu_usage_percent", 10**400))["high_cpu"].word == "broken"


def test_alerts_are_resolved_by_number_or_by_rule(make_rule: Callable[..., Rule]) -> None:
    manager = AlertManager()
    make_rule()
    for host in ("a", "b", "c"):
        manager.evaluate_metric(Metric("cpu_usage_percent", 99, {"instance": host}))
    assert manager.resolve_alert(Alert.objects.earliest("id").pk) == 1
    assert manager.resolve_alert("high_cpu") == 2
    assert manager.resolve_alert("high_cpu") == 0


def test_statistics_count_what_there_was(make_rule: Callable[..., Rule]) -> None:
    manager = AlertManager()
    make_rule(severity=Severity.HIGH)
    manager.evaluate_metric(Metric("cpu_usage_percent", 99))
    found = manager.get_alert_statistics()
    assert (found["total_alerts"], found["active_alerts"], found["alerts_last_24h"]) == (1, 1, 1)
    assert found["alerts_by_severity"] == {"low": 0, "medium": 0, "high": 1, "critical": 0}
    assert found["alerts_by_rule"] == {"high_cpu": 1}
