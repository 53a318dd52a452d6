from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction

from monitoring.models import Kind, MetricSnapshot
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage
from monitoring.visibility import high_water


def write() -> int:
    """Adds a row; its id."""
    Storage().write([Sample(SeriesKey("cpu_usage_percent", (), Kind.GAUGE), 1000, 1.0)])
    return int(MetricSnapshot.objects.latest("pk").pk)


@pytest.mark.django_db(transaction=True)
def test_of_an_empty_table_all_is_visible() -> None:
    assert high_water(MetricSnapshot) == 0


@pytest.mark.django_db(transaction=True)
def test_all_is_visible_up_to_the_last_row() -> None:
    last = write()
    assert high_water(MetricSnapshot) == last


@pytest.mark.django_db(transaction=True)
def test_nothing_is_promised_while_a_lower_id_may_still_appear(monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite none may: who writes next waits for this writer, so the last visible row is the answer."""
    monkeypatch.setattr("monitoring.visibility._WAIT_MS", 50)
    before = write()
    is_open, may_end = Event(), Event()

    def slow_writer() -> None:
        try:
            with transaction.atomic():
                write()
                is_open.set()
                may_end.wait(20)
        finally:
            connections.close_all()

    thread = Thread(target=slow_writer)
    thread.start()
    assert is_open.wait(20)
    meanwhile = high_water(MetricSnapshot)
    may_end.set()
    thread.join()

    assert meanwhile == (None if connection.vendor == "postgresql" else before)
    assert high_water(MetricSnapshot) == MetricSnapshot.objects.latest("pk").pk > before
