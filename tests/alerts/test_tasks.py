import dataclasses
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from celery import Task
from django.contrib.auth.models import User
from django.db import connection
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts import tasks
from alerts.acknowledging import acknowledge
from alerts.models import Alert, MaintenanceWindow, Notification, Rule
from monitoring import lease
from monitoring.clock import database_now
from monitoring.leases import acquire
from monitoring.models import ExcludedInterval, Lease
from tests.alerts.escalation.policies import a_policy, escalating_alert, told
from tests.alerts.feed import Feed
from tests.alerts.rows import a_channel, an_alert, firing
from tests.alerts.told import configure
from tests.monitoring.writers import open_writer

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were asked for; nothing reaches a broker."""
    names: list[str] = []
    monkeypatch.setattr(Task, "apply_async", lambda task, **options: names.append(task.name))
    return names


def run_cycle(feed: Feed) -> None:
    Lease.objects.update(free_at=database_now())  # as if an interval had passed
    tasks.evaluate_rules()


def test_a_cycle_that_opened_an_alert_wakes_delivery(
    make_rule: Callable[..., Rule], feed: Feed, woken: list[str]
) -> None:
    run_cycle(feed)
    make_rule()
    feed(90)
    run_cycle(feed)
    assert Alert.objects.count() == 1
    assert woken == ["alerts.deliver"]


def test_a_step_of_an_escalation_wakes_delivery(woken: list[str]) -> None:
    alert = escalating_alert(a_policy(15), database_now() - timedelta(minutes=16))
    tasks.escalate()
    tasks.escalate()
    assert told(alert) == ["step-1"]
    assert woken == ["alerts.deliver"]


def test_the_audit_of_escalations_runs_what_no_sweep_ran(woken: list[str]) -> None:
    alert = escalating_alert(a_policy(15), database_now() - timedelta(hours=1))
    tasks.audit_escalations()
    assert (told(alert), woken) == (["step-1"], ["alerts.deliver"])


def test_an_acknowledge_whose_time_is_over_ends_with_the_next_sweep(woken: list[str]) -> None:
    then = database_now() - timedelta(hours=1)
    alert = an_alert(then)
    acknowledge(alert, User.objects.create_user("kim"), "on it", then, timedelta(minutes=30))
    tasks.escalate()
    alert.refresh_from_db()
    assert alert.owner == ""


def test_with_alerting_switched_off_nothing_escalates(settings: Settings, woken: list[str]) -> None:
    configure(settings, enable_alerting=False)
    alert = escalating_alert(a_policy(15), database_now() - timedelta(hours=1))
    tasks.escalate()
    tasks.audit_escalations()
    assert told(alert) == []


def test_a_broker_that_is_away_undoes_nothing(
    make_rule: Callable[..., Rule], feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(task: Task, **options: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(Task, "apply_async", refuse)
    run_cycle(feed)
    make_rule()
    feed(90)
    run_cycle(feed)
    assert Alert.objects.count() == 1


def test_a_good_cycle_beats_the_dead_mans_switch(feed: Feed, settings: Settings, woken: list[str]) -> None:
    settings.CONFIG = dataclasses.replace(settings.CONFIG, heartbeat_url="http://127.0.0.1:9/x")
    run_cycle(feed)
    assert woken == ["alerts.beat"]


@pytest.mark.django_db(transaction=True)
def test_a_cycle_that_cannot_tell_what_is_new_is_not_a_good_one(
    feed: Feed, settings: Settings, woken: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A writer that froze inside its transaction; on SQLite nobody writes past it, the lease neither."""
    settings.CONFIG = dataclasses.replace(settings.CONFIG, heartbeat_url="http://127.0.0.1:9/x")
    if connection.vendor == "postgresql":
        with open_writer():
            run_cycle(feed)
        lease = Lease.objects.get(pk="evaluate")
        assert (woken, lease.finished_at) == ([], None)
        assert lease.error.startswith("HighWaterUnknown: ")
        assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]


def test_the_switch_is_fetched(settings: Settings, httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/beat").respond_with_data("")
    settings.CONFIG = dataclasses.replace(settings.CONFIG, heartbeat_url=httpserver.url_for("/beat"))
    tasks.beat()
    assert len(httpserver.log) == 1


def test_a_switch_that_cannot_be_reached_is_a_warning_without_its_address(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CONFIG = dataclasses.replace(settings.CONFIG, heartbeat_url="http://127.0.0.1:9/secret-path")
    tasks.beat()
    assert "AHGD_HEARTBEAT_URL" in caplog.text
    assert "secret-path" not in caplog.text


def test_one_switch_that_hangs_gathers_no_waiting_threads(
    feed: Feed, settings: Settings, httpserver: HTTPServer
) -> None:
    settings.CONFIG = dataclasses.replace(settings.CONFIG, heartbeat_url=httpserver.url_for("/beat"))
    assert acquire("heartbeat", feed.now, seconds=20) is not None
    tasks.beat()
    assert httpserver.log == []


def test_alerting_that_is_switched_off_judges_nothing(
    make_rule: Callable[..., Rule], feed: Feed, settings: Settings
) -> None:
    run_cycle(feed)
    settings.CONFIG = dataclasses.replace(settings.CONFIG, enable_alerting=False)
    make_rule()
    feed(90)
    run_cycle(feed)
    assert not Alert.objects.exists()


def test_what_still_fires_is_repeated_and_maintenance_noted_by_one_worker_at_a_time(woken: list[str]) -> None:
    now = database_now()
    alert = an_alert(now - timedelta(hours=5))
    firing(alert, a_channel(), now - timedelta(hours=5), state="sent", sent_at=now - timedelta(hours=5))
    MaintenanceWindow.objects.create(
        name="patching", starts_on=now.date(), starts_at=time(0), duration_minutes=3 * 1440
    )
    with lease("repeat", seconds=60):
        tasks.repeat()
    assert woken == []

    Lease.objects.update(free_at=now)
    tasks.repeat()
    assert woken == ["alerts.deliver"]
    assert Notification.objects.filter(event__kind="repeated", state="due").count() == 1
    assert ExcludedInterval.objects.get().reason == "maintenance patching"
