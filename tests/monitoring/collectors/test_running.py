from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from monitoring.collectors.base import Reading, increases
from monitoring.collectors.running import Collection, is_due
from monitoring.models import CollectorState

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Source:
    def __init__(self, name: str, *values: float) -> None:
        self.name = name
        self._values: Iterator[float] = iter(values)

    def collect(self) -> Iterable[Reading]:
        return [Reading("disk_read_bytes_total", next(self._values), (("device", "sda"),), True)]


class Working:
    name = "working"

    def collect(self) -> Iterable[Reading]:
        return [Reading("memory_usage_percent", 40)]


class Broken:
    name = "broken"

    def collect(self) -> Iterable[Reading]:
        raise OSError("no such device")


class Hanging:
    name = "hanging"

    def __init__(self) -> None:
        self.end, self.calls = Event(), 0

    def collect(self) -> Iterable[Reading]:
        self.calls += 1
        self.end.wait(30)
        return ()


def state(name: str) -> CollectorState:
    return CollectorState.objects.get(name=name, instance="host-a")


def test_one_that_fails_and_one_that_hangs_stop_no_other_and_say_so() -> None:
    collection, hanging = Collection(limit_seconds=0.05), Hanging()
    collectors = (Broken(), hanging, Working())
    for seconds in (0, 10):
        collected = collection.run(collectors, NOW + timedelta(seconds=seconds), "host-a")
        assert [sample.value for sample in collected.samples] == [40]
        assert collected.errors.keys() == {"broken", "hanging"}
    hanging.end.set()
    assert hanging.calls == 1
    assert state("broken").error == "OSError: no such device"
    assert "not started again" in state("hanging").error
    assert state("hanging").finished_at is None
    working = state("working")
    assert (working.error, working.series, working.finished_at) == ("", 1, NOW + timedelta(seconds=10))


def test_an_error_goes_when_its_collector_works_again() -> None:
    Collection().run((Working(),), NOW, "host-a")
    CollectorState.objects.update(error="OSError")
    Collection().run((Working(),), NOW + timedelta(seconds=10), "host-a")
    assert state("working").error == ""


def test_what_grows_since_boot_is_kept_as_its_increase_whichever_worker_reads() -> None:
    readings = [Source("disk", value) for value in (1000, 1300, 1300, 50)]  # at the end the host was started anew
    values = [
        [sample.value for sample in Collection().run((source,), NOW + timedelta(seconds=10 * number), "host-a").samples]
        for number, source in enumerate(readings)
    ]
    assert values == [[], [300], [0], [50]]


def test_each_series_of_a_host_carries_its_instance() -> None:
    (sample,) = Collection().run((Working(),), NOW, "host-a").samples
    assert dict(sample.key.tags) == {"instance": "host-a"}


@pytest.mark.parametrize(
    ("enabled", "every_seconds", "seconds_ago", "due"),
    [
        (True, 0, 1, True),
        (True, 60, 59.6, True),
        (True, 60, 30, False),
        (True, 1e20, 30, False),  # more than the calendar has: it stops no other collector
        (False, 0, 100, False),
        (True, 60, None, True),
    ],
)
def test_people_say_whether_and_how_often_one_reads(
    enabled: bool, every_seconds: float, seconds_ago: float | None, due: bool
) -> None:
    started = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    assert is_due(CollectorState(enabled=enabled, every_seconds=every_seconds, started_at=started), NOW) is due


def test_increases_leave_other_readings_alone() -> None:
    assert increases([Reading("load_average", 2)], {}) == [Reading("load_average", 2)]
