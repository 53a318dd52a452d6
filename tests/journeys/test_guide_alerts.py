"""The guide's samples on alerting, with their imports changed as ARCHITECTURE.md says."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.django_db


def test_alert_rules() -> None:
    from alerts import AlertChannel, AlertRule, AlertSeverity, get_alert_manager

    alert_manager = get_alert_manager()

    rule = AlertRule(
        name="high_memory_usage",
        condition="name == 'memory_usage_percent' and value > 85",
        severity=AlertSeverity.HIGH,
        channels=[AlertChannel.EMAIL, AlertChannel.WEBHOOK],
        message_template="High memory usage: {value:.1f}%",
        cooldown_minutes=15,
    )

    alert_manager.add_rule(rule)

    from alerts.models import Rule

    assert Rule.objects.get(name="high_memory_usage").message_template == "High memory usage: {value:.1f}%"


def test_alert_channels() -> None:
    from alerts import AlertConfig

    config = AlertConfig(
        # Email settings
        smtp_host="smtp.gmail.com",
        smtp_port=587,
        smtp_username="alerts@example.com",
        smtp_password="app_password",
        email_to=["admin@example.com", "ops@example.com"],
        # Webhook settings
        webhook_urls=["https://hooks.slack.com/webhook_url"],
        # File logging
        alert_log_file=Path("alerts.log"),
    )

    assert "app_password" not in repr(config)
