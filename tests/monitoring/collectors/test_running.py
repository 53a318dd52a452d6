from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from monitoring.collectors.base import Collector, Reading, increases
from monitoring.collectors.running import Collected, Collection, Flight, is_due
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
        self.end.wait(120)
        return ()


def run(collection: Collection, collectors: Sequence[Collector], seconds: float) -> Collected:
    collected = collection.run(collectors, NOW + timedelta(seconds=seconds), "host-a")
    collected.save_states()
    return collected


def state(name: str) -> CollectorState:
    return CollectorState.objects.get(name=name, instance="host-a")


def hang_for(seconds: float, hanging: Hanging, collection: Collection) -> Flight:
    """As if it had been begun so long ago: the others have the whole limit to answer in, however slow the machine."""
    flight = collection._start(hanging)
    flight = collection._flights[hanging.name] = replace(flight, began=flight.began - seconds)
    return flight


def test_one_that_fails_and_one_that_hangs_stop_no_other_and_say_so() -> None:
    collection, hanging = Collection(limit_seconds=60), Hanging()
    flight = hang_for(61, hanging, collection)
    collectors = (Broken(), hanging, Working())
    for seconds in (0, 10):
        collected = run(collection, collectors, seconds)
        assert [sample.value for sample in collected.samples] == [40]
        assert collected.errors.keys() == {"broken", "hanging"}
    hanging.end.set()
    flight.future.result(60)
    assert hanging.calls == 1
    assert state("broken").error == "OSError: no such device"
    assert "not started again" in state("hanging").error
    assert state("hanging").finished_at is None
    working = state("working")
    assert (working.error, working.series, working.finished_at) == ("", 1, NOW + timedelta(seconds=10))


def test_an_error_goes_when_its_collector_works_again() -> None:
    run(Collection(), (Working(),), 0)
    CollectorState.objects.update(error="OSError")
    run(Collection(), (Working(),), 10)
    assert state("working").error == ""


def test_what_grows_since_boot_is_kept_as_its_increase_whichever_worker_reads() -> None:
    readings = [Source("disk", value) for value in (1000, 1300, 1300, 50)]  # at the end the host was started anew
    values = [
        [sample.value for sample in run(Collection(), (source,), 10 * number).samples]
        for number, source in enumerate(readings)
    ]
    assert values == [[], [300], [0], [50]]


def test_each_series_of_a_host_carries_its_instance() -> None:
    (sample,) = run(Collection(), (Working(),), 0).samples
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


def test_one_that_last_began_in_the_future_is_due_since_the_clock_was_set_back() -> None:
    ahead = [CollectorState(started_at=NOW + timedelta(seconds=seconds)) for seconds in (3, 3600)]
    assert [is_due(state, NOW) for state in ahead] == [False, True]


def test_an_error_is_stored_without_secrets() -> None:
    class Telling:
        name = "telling"

        def collect(self) -> Iterable[Reading]:
            raise OSError("redis://:hunter2@cache:6379 refused")

    run(Collection(), (Telling(),), 0)
    assert state("telling").error == "OSError: redis://***@cache:6379 refused"


@pytest.mark.parametrize("every_seconds", [-1, 86401, 1e20])
def test_an_interval_of_its_own_is_at_most_a_day(every_seconds: float) -> None:
    with pytest.raises(ValidationError, match="every_seconds"):
        CollectorState(name="cpu", every_seconds=every_seconds).full_clean()
    with pytest.raises(IntegrityError, match="collector_interval"), transaction.atomic():
        CollectorState.objects.create(name="cpu", every_seconds=every_seconds)


def test_increases_leave_other_readings_alone() -> None:
    assert increases([Reading("load_average", 2)], {}) == [Reading("load_average", 2)]
