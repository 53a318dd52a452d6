from datetime import UTC, datetime, timedelta

import pytest

from alerts.models import Alert
from alerts.retention import delete_old_alerts
from tests.alerts.rows import an_alert

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, tzinfo=UTC)
YEAR = timedelta(days=365)


def test_only_alerts_that_are_long_over_go() -> None:
    for name, ended in (("ancient", NOW - 2 * YEAR), ("recent", NOW - timedelta(days=1)), ("open", None)):
        an_alert(NOW - 3 * YEAR, fingerprint=name, resolved_at=ended)
    assert delete_old_alerts(NOW, YEAR) == 1
    assert set(Alert.objects.values_list("fingerprint", flat=True)) == {"recent", "open"}


def test_a_step_is_bounded() -> None:
    for number in range(3):
        an_alert(NOW - 3 * YEAR, fingerprint=str(number), resolved_at=NOW - 2 * YEAR)
    assert [delete_old_alerts(NOW, YEAR, step=2) for _ in range(3)] == [2, 1, 0]
