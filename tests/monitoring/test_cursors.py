from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction

from monitoring import series
from monitoring.cursors import CursorMoved
from monitoring.models import Kind
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage

KEY = SeriesKey("cpu_usage_percent", (), Kind.GAUGE)


def write(*values: float) -> None:
    Storage().write([Sample(KEY, 1000 + index, value) for index, value in enumerate(values)])


def values(read: series.Unread) -> list[float]:
    return [value for _, _, value in read.samples]


@pytest.mark.django_db
def test_a_new_reader_begins_at_the_present() -> None:
    write(1)
    assert values(series.unread("judge")) == []


@pytest.mark.django_db
def test_each_snapshot_is_read_once() -> None:
    series.unread("judge")
    write(1, 2)
    read = series.unread("judge")
    series.take(read)
    write(3)
    assert values(read) == [1, 2]
    assert values(series.unread("judge")) == [3]


@pytest.mark.django_db
def test_what_was_not_taken_is_read_again() -> None:
    series.unread("judge")
    write(1)
    series.unread("judge")
    assert values(series.unread("judge")) == [1]


@pytest.mark.django_db
def test_two_readers_of_one_name_cannot_take_the_same_rows() -> None:
    series.unread("judge")
    write(1)
    first, second = series.unread("judge"), series.unread("judge")
    series.take(first)
    with pytest.raises(CursorMoved):
        series.take(second)


@pytest.mark.django_db
def test_more_than_is_wanted_at_once_is_left_for_the_next_time() -> None:
    series.unread("judge")
    write(1, 2, 3)
    read = series.unread("judge", most=2)
    series.take(read)
    assert values(read) == [1, 2]
    assert values(series.unread("judge")) == [3]


@pytest.mark.django_db(transaction=True)
def test_no_row_is_skipped_while_a_writer_keeps_its_transaction_open() -> None:
    """A row with a lower id that becomes visible after one with a higher id is read all the same."""
    write(0)
    series.unread("judge")
    is_open, may_end = Event(), Event()

    def slow_writer() -> None:
        try:
            with transaction.atomic():
                write(1)
                is_open.set()
                may_end.wait(20)
        finally:
            connections.close_all()

    thread = Thread(target=slow_writer)
    thread.start()
    assert is_open.wait(20)
    if connection.vendor == "postgresql":  # SQLite has one writer at a time: the second would wait for the first
        write(2)
    meanwhile = series.unread("judge")
    series.take(meanwhile)
    may_end.set()
    thread.join()
    after = series.unread("judge")
    expected = [1.0, 2.0] if connection.vendor == "postgresql" else [1.0]
    assert sorted(values(meanwhile) + values(after)) == expected
