from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event, Semaphore

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django.fixtures import Settings

from monitoring.health import watch
from monitoring.health.history import record
from monitoring.health.status import Finding, Overall, Result
from monitoring.health.watch import Watch, current
from monitoring.models import Status
from tests.monitoring.health.outage import database_away

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINE = Overall((Result("database", Finding(Status.HEALTHY, "fine"), 1, NOW),), NOW)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an answer is expected it may take its time; where none is, a test sets 0."""
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 60.0)


def by_name(overall: Overall) -> dict[str, Result]:
    return {result.name: result for result in overall.results}


def disk(status: Status, at: datetime) -> Result:
    return Result("disk", Finding(status, "so"), 1, at)


@pytest.mark.django_db
def test_the_state_joins_recorded_results_and_what_is_judged_when_read() -> None:
    record([disk(Status.WARNING, NOW)], NOW)
    results = by_name(current(NOW))
    assert results["disk"].status is Status.WARNING
    assert results["migrations"].status is Status.HEALTHY
    assert results["beat"].finding.message == "Nothing is scheduled"
    assert results["memory"].finding.message == "Never ran"


@pytest.mark.django_db
@pytest.mark.parametrize(("age_seconds", "status"), [(35, Status.HEALTHY), (36, Status.UNKNOWN)])
def test_a_recorded_result_is_fresh_for_35_s(age_seconds: int, status: Status) -> None:
    record([disk(Status.HEALTHY, NOW)], NOW)
    assert by_name(current(NOW + timedelta(seconds=age_seconds)))["disk"].status is status


@pytest.mark.django_db
def test_migrations_that_are_missing_hide_everything_else() -> None:
    MigrationRecorder(connection).record_unapplied("ahgd_monitoring", "0001_initial")
    overall = current(NOW)
    assert (overall.status, overall.blocked_by) == (Status.CRITICAL, ("migrations",))
    assert by_name(overall)["disk"].finding.message == "Cannot be known: migrations"


@pytest.mark.django_db
def test_without_health_checks_only_what_serving_needs_is_looked_at(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, enable_health_checks=False)
    assert list(by_name(current(NOW))) == ["database", "migrations"]


def test_a_thousand_reads_cost_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MEMO_SECONDS", 3600.0)
    looks: list[datetime] = []
    own = Watch(lambda now: looks.append(now) or FINE)
    assert [own.read() for _ in range(1000)] == [FINE] * 1000
    assert len(looks) == 1


def test_a_look_is_repeated_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MEMO_SECONDS", -1.0)
    monkeypatch.setattr(watch, "SERVED_SECONDS", -1.0)
    looks: list[datetime] = []
    own = Watch(lambda now: looks.append(now) or FINE)
    own.read()
    own.read()
    assert len(looks) == 2


def test_while_somebody_looks_again_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MEMO_SECONDS", -1.0)
    monkeypatch.setattr(watch, "SERVED_SECONDS", 3600.0)
    released, looks = Event(), []

    def hang_later(now: datetime) -> Overall:
        looks.append(now)
        if len(looks) > 1:
            released.wait(60)
        return FINE

    own = Watch(hang_later)
    assert [own.read() for _ in range(5)] == [FINE] * 5
    assert not released.is_set()
    released.set()


def test_a_look_that_hangs_is_no_answer_of_the_database_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)
    released, begun, looks = Event(), Semaphore(0), []

    def hang(now: datetime) -> Overall:
        looks.append(now)
        begun.release()
        released.wait(60)
        return FINE

    own = Watch(hang)
    answers = [own.read()]
    assert begun.acquire(timeout=60)
    answers += [own.read() for _ in range(2)]
    released.set()
    assert {answer.blocked_by for answer in answers} == {("database",)}
    assert answers[0].results[0].finding.message.startswith("No answer in ")
    assert len(looks) == 1


def test_beside_a_look_that_hangs_for_long_another_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "GIVEN_UP_SECONDS", 0.0)
    released, begun, looks = Event(), Event(), []

    def hang_once(now: datetime) -> Overall:
        looks.append(now)
        if len(looks) == 1:
            begun.set()
            released.wait(60)
        return FINE

    own = Watch(hang_once)
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)
    assert own.read().blocked_by == ("database",)
    assert begun.wait(60)
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 60.0)
    assert own.read() == FINE
    released.set()


def test_looks_that_all_hang_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "GIVEN_UP_SECONDS", 0.0)
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)
    released, begun, looks = Event(), Semaphore(0), []

    def hang(now: datetime) -> Overall:
        looks.append(now)
        begun.release()
        released.wait(60)
        return FINE

    own = Watch(hang)
    for _ in range(3 * watch.MOST_LOOKS):
        own.read()
    assert all(begun.acquire(timeout=60) for _ in range(watch.MOST_LOOKS))
    released.set()
    assert len(looks) == watch.MOST_LOOKS


def test_a_look_that_came_back_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)
    released = Event()

    def hang(now: datetime) -> Overall:
        released.wait(60)
        return FINE

    own = Watch(hang)
    own.read()
    released.set()
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 60.0)
    assert own.read() == FINE


def test_a_database_that_goes_away_during_the_look_blocks_readiness() -> None:
    def fail(now: datetime) -> Overall:
        raise OperationalError("server closed the connection")

    assert Watch(fail).read().blocked_by == ("database",)


def test_any_other_failure_of_the_look_is_critical_but_blocks_nothing() -> None:
    def fail(now: datetime) -> Overall:
        raise ImportError("no such check")

    overall = Watch(fail).read()
    assert (overall.status, overall.blocked_by) == (Status.CRITICAL, ())
    assert overall.results[0].finding.message == "Cannot be read: ImportError: no such check"


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_seen() -> None:
    with database_away():
        overall = Watch().read()
    assert (overall.status, overall.blocked_by) == (Status.CRITICAL, ("database",))
    assert {result.status for result in overall.results[1:]} == {Status.UNKNOWN}


def test_before_any_look_nobody_is_held_back() -> None:
    assert not Watch(lambda now: FINE).is_known_to_be_away()


def test_a_database_without_an_answer_is_known_to_be_away_until_a_look_finds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "MEMO_SECONDS", -1.0)
    away = Overall((Result("database", Finding(Status.CRITICAL, "away", {}, True), 1, NOW),), NOW)
    answers, looked = iter([away, FINE]), Event()

    def look(now: datetime) -> Overall:
        answer = next(answers)
        if answer is FINE:
            looked.set()
        return answer

    own = Watch(look)
    own.read()
    assert own.is_known_to_be_away()  # and looks again
    assert looked.wait(60)
    own._flight.result(60)
    assert not own.is_known_to_be_away()


def test_a_look_that_waits_is_no_database_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)
    released = Event()

    def hang(now: datetime) -> Overall:
        released.wait(60)
        return FINE

    own = Watch(hang)
    own.read()
    is_away = own.is_known_to_be_away()
    released.set()
    assert is_away


def test_a_look_that_waits_is_not_noticed_while_the_last_one_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MEMO_SECONDS", -1.0)
    monkeypatch.setattr(watch, "SERVED_SECONDS", 600.0)
    released, looks = Event(), count()

    def hang_from_the_second_on(now: datetime) -> Overall:
        if next(looks):
            released.wait(60)
        return FINE

    own = Watch(hang_from_the_second_on)
    own.read()
    own._flight.result(60)
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.0)
    own.look_again()
    answers = own.read(), own.is_known_to_be_away()
    released.set()
    assert answers == (FINE, False)


def test_what_was_known_half_a_minute_ago_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "KNOWN_SECONDS", -1.0)
    away = Overall((Result("database", Finding(Status.CRITICAL, "away", {}, True), 1, NOW),), NOW)
    own = Watch(lambda now: away)
    own.read()
    assert not own.is_known_to_be_away()
