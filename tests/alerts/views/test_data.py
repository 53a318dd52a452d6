from datetime import UTC, datetime, timedelta

import pytest

from alerts.models import Rule, Severity
from alerts.views import data
from monitoring.clock import to_ms
from tests.alerts.rows import an_alert

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def test_open_alerts_come_worst_first_then_oldest_first() -> None:
    an_alert(NOW - HOUR, fingerprint="a", severity=Severity.LOW, summary="low")
    an_alert(NOW, fingerprint="b", severity=Severity.CRITICAL, summary="new")
    an_alert(NOW - HOUR, fingerprint="c", severity=Severity.CRITICAL, summary="old")
    assert [one["summary"] for one in data.live_part(NOW)["alerts"]] == ["old", "new", "low"]


def test_resolved_alerts_are_not_live_but_say_since_when_all_is_clear() -> None:
    an_alert(NOW - HOUR, resolved_at=NOW)
    live = data.live_part(NOW)
    assert (live["alerts"], live["findings"], live["calm_since"]) == ([], [], to_ms(NOW))


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.LOW, "info"),
        (Severity.MEDIUM, "warning"),
        (Severity.HIGH, "critical"),
        (Severity.CRITICAL, "critical"),
    ],
)
def test_each_severity_has_a_look(severity: Severity, level: str) -> None:
    an_alert(NOW, severity=severity)
    assert data.live_part(NOW)["findings"][0]["level"] == level


def test_only_enabled_rules_watch() -> None:
    Rule.objects.create(name="on", condition="value > 1")
    Rule.objects.create(name="off", condition="value > 1", enabled=False)
    assert data.live_part(NOW)["rules"] == 1


def thresholds(condition: str) -> list[dict[str, object]]:
    Rule.objects.create(name="high", condition=condition, severity=Severity.CRITICAL)
    return data.chart_part("cpu_usage_percent", to_ms(NOW - HOUR), to_ms(NOW))["thresholds"]  # type: ignore[no-any-return]  # plain JSON


def test_a_rule_on_the_metric_draws_its_limit() -> None:
    assert thresholds("name == 'cpu_usage_percent' and value > 80") == [
        {"rule": "high", "value": 80.0, "direction": "above", "level": "critical"}
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "name == 'memory_usage_percent' and value > 80",
        "name == 'cpu_usage_percent_total' and value > 80",
        "name == 'cpu_usage_percent' and value > 80 and value < 90",
        "health_check and status == 'critical'",
        "this is (no condition cpu_usage_percent",
    ],
)
def test_a_rule_without_one_limit_on_this_metric_draws_none(condition: str) -> None:
    assert thresholds(condition) == []


def test_bands_are_the_alerts_of_the_metric_that_touch_the_range() -> None:
    labels = {"metric": "cpu_usage_percent"}
    an_alert(NOW - 5 * HOUR, fingerprint="before", labels=labels, resolved_at=NOW - 4 * HOUR)
    inside = an_alert(NOW - HOUR, fingerprint="inside", labels=labels)
    an_alert(NOW - HOUR, fingerprint="other", labels={"metric": "memory_usage_percent"})
    bands = data.chart_part("cpu_usage_percent", to_ms(NOW - 2 * HOUR), to_ms(NOW))["bands"]
    assert [(band["id"], band["from"], band["to"]) for band in bands] == [(inside.pk, to_ms(NOW - HOUR), None)]
