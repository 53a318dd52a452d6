from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from pytest_django.fixtures import Settings

from monitoring.health.running import Runner, run_and_record, run_checks
from monitoring.health.status import Finding
from monitoring.models import HealthCheckState, HealthRecord, Status
from tests.monitoring.health.doubles import Told

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOON = timedelta(seconds=0.05)


class Hang:
    """A look that does not return before it is released; ``started`` counts how often it began."""

    def __init__(self) -> None:
        self.started = 0
        self.released = Event()

    def __call__(self) -> Finding:
        self.started += 1
        self.released.wait(60)
        return Finding(Status.HEALTHY, "back")


@pytest.fixture
def hang() -> Iterator[Hang]:
    hang = Hang()
    yield hang
    hang.released.set()


def test_checks_run_side_by_side() -> None:
    met: list[Event] = [Event(), Event()]

    def meet(own: Event, other: Event) -> Finding:
        own.set()
        return Finding(Status.HEALTHY if other.wait(30) else Status.CRITICAL, "met")

    first = Told("first", lambda: meet(*met))
    second = Told("second", lambda: meet(*reversed(met)))
    assert [result.status for result in Runner().run([first, second], NOW)] == [Status.HEALTHY, Status.HEALTHY]


def test_a_hung_check_is_unknown_and_delays_no_other(hang: Hang) -> None:
    results = Runner().run([Told("hung", hang, SOON), Told("quick")], NOW)
    assert [(result.name, result.status) for result in results] == [("hung", Status.UNKNOWN), ("quick", Status.HEALTHY)]
    assert results[0].finding.message == "timed out after 0.05 s"
    assert not hang.released.is_set()


def test_a_hung_check_is_not_started_again_while_it_hangs(hang: Hang) -> None:
    runner = Runner()
    for _ in range(3):
        (result,) = runner.run([Told("hung", hang, SOON)], NOW)
        assert result.status is Status.UNKNOWN
    assert hang.started == 1


def test_a_check_that_came_back_is_started_again(hang: Hang) -> None:
    runner = Runner()
    runner.run([Told("hung", hang, SOON)], NOW)
    hang.released.set()
    runner._runs["hung"].future.result(30)
    (result,) = runner.run([Told("hung", hang)], NOW)
    assert (result.status, hang.started) == (Status.HEALTHY, 2)


def test_two_rounds_at_once_share_one_run_of_a_check() -> None:
    runner, hang, results = Runner(), Hang(), []
    rounds = [Thread(target=lambda: results.extend(runner.run([Told("slow", hang)], NOW))) for _ in range(2)]
    for thread in rounds:
        thread.start()
    hang.released.set()
    for thread in rounds:
        thread.join(30)
    assert [result.status for result in results] == [Status.HEALTHY, Status.HEALTHY]


def test_a_check_that_raises_is_unknown_and_tells_why_without_secrets() -> None:
    def fail() -> Finding:
        raise RuntimeError("postgresql://ops:hunter2@db/ops is away")

    (result,) = Runner().run([Told("broken", fail)], NOW)
    assert result.status is Status.UNKNOWN
    assert result.finding.message == "The check failed: RuntimeError: postgresql://***@db/ops is away"


def test_slow_checks_can_be_left_out(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HEALTH_CHECKS = ("tests.monitoring.health.doubles.Told",)
    monkeypatch.setattr(Told, "is_slow", True)
    assert run_checks(NOW, include_slow_checks=False).results == ()
    assert len(run_checks(NOW).results) == 1


@pytest.mark.django_db(transaction=True)
def test_a_round_is_recorded() -> None:
    overall = run_and_record(datetime.now(UTC))
    recorded = dict(HealthCheckState.objects.filter(instance="").values_list("name", "status"))
    assert recorded == {result.name: result.status for result in overall.results}
    assert HealthRecord.objects.filter(state__instance="").count() == len(recorded)
