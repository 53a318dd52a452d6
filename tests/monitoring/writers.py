"""A writer of samples that keeps its transaction open, as one that froze inside its flush."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import connections, transaction

from monitoring.models import Kind
from monitoring.samples import Sample, SeriesKey
from monitoring.storage import Storage


def write(*values: float, name: str = "cpu_usage_percent") -> None:
    key = SeriesKey(name, (), Kind.GAUGE)
    Storage().write([Sample(key, 1000 + index, value) for index, value in enumerate(values)])


@contextmanager
def open_writer() -> Iterator[None]:
    """It has written 1 to a series of its own, which nobody sees before the block ends."""
    is_open, may_end = Event(), Event()

    def freeze() -> None:
        try:
            with transaction.atomic():
                write(1, name="held_open")
                is_open.set()
                may_end.wait(20)
        finally:
            connections.close_all()

    thread = Thread(target=freeze)
    thread.start()
    try:
        assert is_open.wait(20)
        yield
    finally:
        may_end.set()
        thread.join()
