from datetime import UTC, datetime, timedelta

import pytest

from alerts.holding import hold_data
from alerts.models import Alert
from monitoring.clock import to_ms
from monitoring.models import Hold
from tests.monitoring.readings import record

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


def alert(fingerprint: str, resolved_at: datetime | None = None) -> Alert:
    return Alert.objects.create(
        rule_name="r", fingerprint=fingerprint, subject="s", severity=2, opened_at=NOW, resolved_at=resolved_at
    )


def test_data_around_an_open_alert_and_one_that_is_over_is_held_until_the_alert_is_deleted() -> None:
    of = record("cpu_usage_percent", {NOW: 99.0})
    open_one, over = alert(of.fingerprint), alert(of.fingerprint, NOW + HOUR)
    alert("health:disk")
    hold_data()
    held = {hold.reason: (hold.start, hold.end) for hold in Hold.objects.filter(series=of)}
    assert held == {
        f"alert {open_one.pk}": (to_ms(NOW - HOUR), None),
        f"alert {over.pk}": (to_ms(NOW - HOUR), to_ms(NOW + 2 * HOUR)),
    }
    over.delete()
    hold_data()
    assert Hold.objects.get().reason == f"alert {open_one.pk}"
