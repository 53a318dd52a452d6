import pytest

from monitoring.health import get_health_checker
from monitoring.models import HealthRecord


@pytest.mark.django_db(transaction=True)
def test_running_all_checks_gives_the_worst_of_them_and_records_nothing() -> None:
    status = get_health_checker().run_all_checks()
    assert status.status.value in ("healthy", "warning", "critical", "unknown")
    assert not HealthRecord.objects.exists()
