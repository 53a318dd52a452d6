from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread, current_thread

import pytest
from pytest_django.fixtures import Settings

from monitoring.health import gone, running
from monitoring.health.base import Named
from monitoring.health.flights import launch
from monitoring.health.running import Runner, every_check, run_and_record, run_by_hand, run_checks
from monitoring.health.schedule import are_due
from monitoring.health.status import Finding
from monitoring.models import HealthCheckState, HealthRecord, Status
from tests.monitoring.health.doubles import Told
from tests.monitoring.health.outage import database_away

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOON = timedelta(0)
MINUTE = timedelta(minutes=1)


class Hang:
    """A look that does not return before it is released; ``started`` counts how often it began."""

    def __init__(self) -> None:
        self.started = 0
        self.begun = Event()
        self.released = Event()

    def __call__(self) -> Finding:
        self.started += 1
        self.begun.set()
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
    results = Runner().run([Told("hung", hang, SOON), Told("quick", timeout=MINUTE)], NOW)
    assert [(result.name, result.status) for result in results] == [("hung", Status.UNKNOWN), ("quick", Status.HEALTHY)]
    assert results[0].finding.message == "timed out after 0 s"
    assert not hang.released.is_set()


def test_a_hung_check_is_not_started_again_while_it_hangs(hang: Hang) -> None:
    runner = Runner()
    for _ in range(3):
        (result,) = runner.run([Told("hung", hang, SOON)], NOW)
        assert result.status is Status.UNKNOWN
        assert hang.begun.wait(60)
    assert hang.started == 1


def test_a_check_that_came_back_is_started_again(hang: Hang) -> None:
    runner = Runner()
    runner.run([Told("hung", hang, SOON)], NOW)
    hang.released.set()
    runner._runs["hung"].future.result(60)
    (result,) = runner.run([Told("hung", hang, MINUTE)], NOW)
    assert (result.status, hang.started) == (Status.HEALTHY, 2)


def test_two_rounds_at_once_share_one_run_of_a_check(hang: Hang) -> None:
    runner = Runner()
    first = launch("first", lambda: runner.run([Told("slow", hang, MINUTE)], NOW))
    assert hang.begun.wait(60)
    assert runner.run([Told("slow", hang, MINUTE)], NOW, 0) == ()  # joined the run, and left it
    hang.released.set()
    assert [(result.finding.message, hang.started) for result in first.result(60)] == [("back", 1)]


def test_a_check_that_raises_is_unknown_and_tells_why_without_secrets() -> None:
    def fail() -> Finding:
        raise RuntimeError("postgresql://ops:hunter2@db/ops is away")

    (result,) = Runner().run([Told("broken", fail)], NOW)
    assert result.status is Status.UNKNOWN
    assert result.finding.message == "The check failed: RuntimeError: postgresql://***@db/ops is away"


@pytest.mark.django_db
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


def test_a_check_with_patience_left_has_no_result_yet_and_the_next_round_reads_it(hang: Hang) -> None:
    runner, slow = Runner(), Told("slow", hang, MINUTE)
    assert runner.run([slow], NOW, 0) == ()
    assert runner.holds("slow")
    hang.released.set()
    runner._runs["slow"].future.result(60)
    (result,) = runner.run([slow], NOW)
    assert (result.status, result.finding.message, hang.started) == (Status.HEALTHY, "back", 1)
    assert not runner.holds("slow")


@pytest.mark.django_db(transaction=True)
def test_what_is_quick_is_recorded_while_a_slow_check_still_runs(
    settings: Settings, hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.HEALTH_CHECKS = ()
    slow, quick = Told("slow", hang, MINUTE), Told("quick", timeout=MINUTE)
    monkeypatch.setattr(running, "every_check", lambda: (slow, quick))
    monkeypatch.setattr(gone, "configured", lambda: (slow, quick))
    monkeypatch.setattr(running, "_runner", Runner())
    monkeypatch.setattr(running, "QUICK_SECONDS", 0.0)
    monkeypatch.setattr(running, "PATIENCE_SECONDS", 0.0)
    running._runner.run([quick], NOW, 0)
    running._runner._runs["quick"].future.result(60)  # it has been quick
    assert [result.name for result in run_and_record(NOW).results] == ["quick"]
    assert not HealthCheckState.objects.filter(name="slow").exists()
    hang.released.set()
    monkeypatch.setattr(running, "PATIENCE_SECONDS", 60.0)
    assert {result.name for result in run_and_record(NOW).results} == {"quick", "slow"}
    assert HealthCheckState.objects.get(name="slow").message == "back"


@pytest.mark.django_db
def test_checks_are_due_by_their_interval_or_when_a_result_waits() -> None:
    hourly = Told("hourly")
    hourly.every_seconds = 3600
    HealthCheckState.objects.create(name="hourly", checked_at=NOW)
    for seconds, is_held, expected in (
        (30, False, []),
        (30, True, [hourly]),
        (3590, False, [hourly]),
        (-60, False, [hourly]),
    ):
        found = are_due([hourly], NOW + timedelta(seconds=seconds), lambda name, held=is_held: held)
        assert found == expected, seconds
    assert are_due([Told("each")], NOW, lambda name: False) == [Told("each")]


@pytest.mark.django_db
def test_without_a_database_the_checks_of_the_settings_run() -> None:
    with database_away():
        names = {check.name for check in every_check()}
    assert "database" in names


def test_a_check_of_the_callers_thread_runs_there(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[Thread] = []

    def look() -> Finding:
        threads.append(current_thread())
        return Finding(Status.HEALTHY, "seen")

    monkeypatch.setattr(Told, "runs_here", True)
    (result,) = Runner().run([Told("bound", look)], NOW)
    assert (result.finding.message, threads) == ("seen", [current_thread()])


def test_who_asks_for_the_present_is_not_told_what_an_earlier_run_found(hang: Hang) -> None:
    runner = Runner(keeps_unread=False)
    assert runner.run([Told("slow", hang, MINUTE)], NOW, 0) == ()
    hang.released.set()
    runner._runs["slow"].future.result(60)
    (result,) = runner.run([Told("slow", lambda: Finding(Status.CRITICAL, "now"), MINUTE)], NOW)
    assert result.finding.message == "now"


def test_an_edited_check_is_run_beside_the_run_of_what_it_was(hang: Hang) -> None:
    runner = Runner(keeps_unread=False)
    runner.run([Named("api", Told("old", hang, MINUTE), 60)], NOW, 0)
    runner.run([Named("api", Told("old", hang, MINUTE), 60)], NOW, 0)
    (result,) = runner.run([Named("api", Told("new", timeout=MINUTE), 60)], NOW)
    assert (result.finding.message, hang.started) == ("fine", 1)


def test_checks_run_by_hand_share_one_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[Event] = [Event(), Event()]

    def meet(own: Event, other: Event) -> Finding:
        own.set()
        return Finding(Status.HEALTHY if other.wait(60) else Status.CRITICAL, "met")

    monkeypatch.setattr(running, "BY_HAND_SECONDS", 60.0)
    checks = [Told(name, partial(meet, *pair), MINUTE) for name, pair in (("a", met), ("b", met[::-1]))]
    assert {name: one.status for name, one in run_by_hand(checks, NOW).items()} == dict.fromkeys("ab", Status.HEALTHY)
