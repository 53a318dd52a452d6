"""Standings of notifications that nothing speaks against, to be changed by tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.gates import Standing, Told
from alerts.models import Severity

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRING = Standing(
    id=1,
    rule_id=1,
    is_resolve=False,
    severity=Severity.HIGH,
    alert_is_open=True,
    acknowledged_by=None,
    channel_enabled=True,
    rule_enabled=True,
    may_have_arrived=False,
    cooldown=15 * MINUTE,
    last_told=None,
)
TOLD_HIGH = Told(NOW - 5 * MINUTE, Severity.HIGH, 7)
RESOLVE = replace(FIRING, is_resolve=True, alert_is_open=False, told=TOLD_HIGH)
