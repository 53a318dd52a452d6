import pytest
from django.db import connection

from monitoring.models import MetricSnapshot
from monitoring.visibility import HighWaterUnknown, high_water
from tests.monitoring.writers import open_writer, write


def newest() -> int:
    return int(MetricSnapshot.objects.latest("pk").pk)


@pytest.mark.django_db(transaction=True)
def test_of_an_empty_table_all_is_visible() -> None:
    assert high_water(MetricSnapshot) == 0


@pytest.mark.django_db(transaction=True)
def test_all_is_visible_up_to_the_last_row() -> None:
    write(1)
    assert high_water(MetricSnapshot) == newest()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_promised_while_a_lower_id_may_still_appear(monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite none may: who writes next waits for this writer, so the last visible row is the answer."""
    monkeypatch.setattr("monitoring.visibility._WAIT_MS", 50)
    write(0)
    before = newest()
    with open_writer():
        if connection.vendor == "postgresql":
            with pytest.raises(HighWaterUnknown):
                high_water(MetricSnapshot)
        else:
            assert high_water(MetricSnapshot) == before
    assert high_water(MetricSnapshot) == newest() > before
