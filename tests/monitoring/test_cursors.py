import pytest
from django.db import connection

from monitoring import series
from monitoring.cursors import CursorMoved
from tests.monitoring.writers import open_writer, write


def values(read: series.Unread) -> list[float]:
    return [sample.value for sample in read.samples]


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
    """On PostgreSQL a row may become visible after one with a higher id; SQLite has one writer at a time."""
    write(0)
    series.unread("judge")
    with open_writer():
        if connection.vendor == "postgresql":
            write(2)
            with pytest.raises(series.HighWaterUnknown):
                series.unread("judge")
        else:
            assert values(series.unread("judge")) == []
    expected = [1.0, 2.0] if connection.vendor == "postgresql" else [1.0]
    assert sorted(values(series.unread("judge"))) == expected
