import socket
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from celery import signals
from django.db import OperationalError
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ahgd_ops.processes import unasked
from ahgd_ops.processes.unasked import BESIDE, TASKS, Beside, Unasked
from alerts.channels import http
from alerts.models import Channel, Notification
from alerts.tasks import deliver
from monitoring import database_now
from monitoring.deadline import Deadline
from tests.alerts.channels.peers import hangs, peer
from tests.alerts.rows import a_channel, an_alert, firing, reread
from tests.alerts.told import LOOPBACK, configure

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 60


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unasked, "FIRST_GUESS_SECONDS", 0.01)


@pytest.fixture
def job() -> PeriodicTask:
    interval = IntervalSchedule.objects.create(every=10, period=IntervalSchedule.MICROSECONDS)
    return PeriodicTask.objects.create(name="work", task="work", interval=interval)


@pytest.fixture
def runs() -> threading.Semaphore:
    """Counts how often the work was done."""
    return threading.Semaphore(0)


@pytest.fixture
def thread(runs: threading.Semaphore, quick: None) -> Iterator[Unasked]:
    made = Unasked("work", runs.release, look_seconds=0.01)
    yield made
    if made.is_alive():
        made.stop(PATIENCE_SECONDS)


def test_what_nobody_asks_for_is_done_again_and_again(
    job: PeriodicTask, thread: Unasked, runs: threading.Semaphore
) -> None:
    thread.start()
    assert all(runs.acquire(timeout=PATIENCE_SECONDS) for _ in range(3))


def test_after_a_run_it_waits_for_the_next_interval(
    job: PeriodicTask, thread: Unasked, runs: threading.Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    IntervalSchedule.objects.update(every=1, period=IntervalSchedule.HOURS)
    monkeypatch.setattr(thread, "_asked", thread._asked - 3 * 3600)
    thread._look()
    thread._look()
    assert runs.acquire(blocking=False)
    assert not runs.acquire(blocking=False)
    monkeypatch.setattr(thread, "_asked", thread._asked - 3600)
    thread._look()
    assert runs.acquire(blocking=False)


def test_what_people_switched_off_stays_off(job: PeriodicTask, thread: Unasked, runs: threading.Semaphore) -> None:
    PeriodicTask.objects.update(enabled=False)
    looked = threading.Semaphore(0)

    def note(**kwargs: Any) -> None:
        looked.release()

    thread.asked = note  # type: ignore[method-assign]  # what it does instead
    thread.start()
    assert all(looked.acquire(timeout=PATIENCE_SECONDS) for _ in range(3))
    assert not runs.acquire(blocking=False)


def test_it_waits_while_the_broker_asks(thread: Unasked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread, "_every_seconds", 3600.0)
    assert not thread._is_overdue()
    monkeypatch.setattr(thread, "_asked", thread._asked - 3 * 3600)
    assert thread._is_overdue()
    thread.asked()
    assert not thread._is_overdue()


def test_a_failure_is_logged_and_the_work_goes_on(
    job: PeriodicTask, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    tried = threading.Semaphore(0)

    def fail() -> None:
        tried.release()
        raise RuntimeError("no database")

    thread = Unasked("work", fail, look_seconds=0.01)
    thread.start()
    try:
        assert all(tried.acquire(timeout=PATIENCE_SECONDS) for _ in range(2))
    finally:
        thread.stop(PATIENCE_SECONDS)
    assert "work failed, unasked." in caplog.text


def test_while_the_database_is_away_it_is_said_in_one_line_each_time(
    job: PeriodicTask, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    tried = threading.Semaphore(0)

    def fail() -> None:
        tried.release()
        raise OperationalError("connection refused\nIs the server running?")

    thread = Unasked("work", fail, look_seconds=0.001)
    thread.start()
    try:
        assert all(tried.acquire(timeout=PATIENCE_SECONDS) for _ in range(2))
    finally:
        thread.stop(PATIENCE_SECONDS)
    said = {record.getMessage() for record in caplog.records if "failed" in record.getMessage()}
    assert said == {"work failed, unasked: connection refused Is the server running?"}
    assert not any(record.exc_info for record in caplog.records)


def test_runs_beside_that_fail_are_begun_less_and_less_often(
    job: PeriodicTask, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float | None] = []

    class Noting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return len(waits) > 4

    class Impatient(Beside):
        def _look(self) -> None:
            super()._look()
            for run in self._runs:
                run.join(PATIENCE_SECONDS)
            self._asked = 0  # the interval is over

    def fail() -> None:
        raise RuntimeError("no disk")

    thread = Impatient("work", fail, look_seconds=1, most=2)
    monkeypatch.setattr(thread, "_over", Noting())
    thread.run()
    assert waits == [1, 1, 2, 4, 8]  # the first look comes before it is overdue


@pytest.fixture
def hanging(runs: threading.Semaphore, quick: None) -> Iterator[Beside]:
    """Each run hangs until the test is over, as one does that serves a receiver which does not answer."""
    over = threading.Event()

    def hang() -> None:
        runs.release()
        over.wait(PATIENCE_SECONDS)

    made = Beside("work", hang, look_seconds=0.01, most=3)
    yield made
    over.set()
    made.stop(PATIENCE_SECONDS)


def test_runs_that_hang_do_not_keep_others_from_beginning(
    job: PeriodicTask, hanging: Beside, runs: threading.Semaphore
) -> None:
    hanging.start()
    assert all(runs.acquire(timeout=PATIENCE_SECONDS) for _ in range(3))


def test_no_more_than_so_many_hang_at_once(job: PeriodicTask, hanging: Beside, runs: threading.Semaphore) -> None:
    hanging.start()
    hanging.stop(0)
    hanging.join(PATIENCE_SECONDS)
    for _ in range(5):
        hanging._work()
    assert all(runs.acquire(timeout=PATIENCE_SECONDS) for _ in range(3))
    assert not runs.acquire(blocking=False)


def test_two_receivers_that_hang_delay_no_sound_channel(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They hang as long as the test lasts, and each in a sweep of its own."""
    configure(settings, webhook_allow=LOOPBACK, lease_seconds=3600)
    monkeypatch.setattr(http, "Deadline", lambda seconds: Deadline(3600))
    tenth = IntervalSchedule.objects.create(every=100_000, period=IntervalSchedule.MICROSECONDS)
    PeriodicTask.objects.create(name="deliver", task=deliver.name, interval=tenth)
    tried, arrived = threading.Semaphore(0), threading.Semaphore(0)

    def hang(connection: socket.socket, over: threading.Event) -> None:
        tried.release()
        hangs(connection, over)

    def accept(request: Request) -> Response:
        arrived.release()
        return Response()

    httpserver.expect_request("/sound").respond_with_handler(accept)
    sound = a_channel("sound", kind="webhook", settings={"url": httpserver.url_for("/sound")})
    thread = Beside("deliver", deliver, look_seconds=0.1, most=BESIDE["deliver"])
    thread.start()
    try:
        with peer(hang) as first, peer(hang) as second:
            stuck = []
            for port in (first, second):
                dead = a_channel(f"dead-{port}", kind="webhook", settings={"url": f"http://127.0.0.1:{port}/"})
                stuck.append(_due(dead))
                assert tried.acquire(timeout=PATIENCE_SECONDS)
            for _ in range(3):
                _due(sound)
                assert arrived.acquire(timeout=PATIENCE_SECONDS)
            assert [reread(row).state for row in stuck] == [Notification.State.LEASED] * 2
    finally:
        thread.stop(PATIENCE_SECONDS)


def _due(channel: Channel) -> Notification:
    now = database_now()
    return firing(an_alert(now, fingerprint=uuid4().hex), channel, now)


def test_a_run_that_fails_beside_others_says_so(quick: None, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OperationalError("connection refused")

    thread = Beside("work", fail, most=1)
    thread.start()
    thread._work()
    thread.stop(PATIENCE_SECONDS)
    assert "work failed, unasked: connection refused" in caplog.text


def test_deliveries_run_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unasked, "start", lambda self: None)
    threads = unasked.start()
    for thread in threads:
        signals.task_prerun.disconnect(thread.asked, sender=thread.task)
    assert [thread.name for thread in threads if isinstance(thread, Beside)] == ["unasked-deliver"]


def test_every_task_is_in_the_schedule_and_listens_to_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    from ahgd_ops.celery import schedule

    monkeypatch.setattr(Unasked, "start", lambda self: None)
    threads = unasked.start()
    assert TASKS.items() <= {row.name: row.task for row in schedule()}.items()
    for thread in threads:
        thread._asked = 0.0
        signals.task_prerun.send(sender=thread.task)
        assert thread._asked > 0
        signals.task_prerun.disconnect(thread.asked, sender=thread.task)
