"""What is measured without anybody asking: requests, sign-ins, tasks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from celery import shared_task
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from ahgd_ops.celery import app
from monitoring import process, receivers, work
from monitoring.automatic import executions
from monitoring.middleware import RequestMiddleware
from monitoring.recorder import Recorder
from tests.monitoring.shelf import Shelf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A process that has recorded nothing yet."""
    recorder = Recorder(None, Shelf())
    monkeypatch.setattr(process, "_recorder", recorder)
    executions.take()
    yield recorder
    executions.take()


def recorded(recorder: Recorder, metric: str) -> list[tuple[dict[str, str], int | None]]:
    return [(dict(one.key.tags), one.count) for one in recorder.unsaved() if one.key.name == metric]


def test_a_request_is_measured_by_the_name_of_its_address(client: Client, recorder: Recorder) -> None:
    client.get("/accounts/login/")
    client.get("/accounts/login/?next=/ops/")
    assert recorded(recorder, "page_load_duration_seconds") == [({"page": "login"}, 2)]
    assert recorded(recorder, "page_requests_total") == [({"method": "GET", "page": "login", "status": "2xx"}, 2)]


def test_addresses_and_methods_that_there_are_not_cannot_fill_the_memory(client: Client, recorder: Recorder) -> None:
    for number in range(3):
        client.generic(f"BREW{number}", f"/nowhere/{number}/")
    assert recorded(recorder, "page_requests_total") == [({"method": "other", "page": "none", "status": "4xx"}, 3)]


def test_a_page_that_fails_is_counted(recorder: Recorder, rf: RequestFactory) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=500)

    RequestMiddleware(broken)(rf.get("/"))
    assert recorded(recorder, "page_errors_total") == [({"page": "none"}, 1)]


def test_sign_ins_and_refusals_are_counted(client: Client, recorder: Recorder, settings: Settings) -> None:
    settings.AXES_ENABLED = False
    User.objects.create_user("ann", password="right")
    assert client.login(username="ann", password="right")
    client.logout()
    assert authenticate(HttpRequest(), username="ann", password="wrong") is None
    counted = [
        [count for _, count in recorded(recorder, f"user_{what}_total")]
        for what in ("logins", "logouts", "login_failures")
    ]
    assert counted == [[1], [1], [1]]


@shared_task(name="tests.measured")
def measured(fails: bool) -> None:
    if fails:
        raise ValueError("it fails")


def test_tasks_and_their_failures_are_measured(recorder: Recorder) -> None:
    work.connect()
    task: Any = app.tasks["tests.measured"]
    task.apply(args=(False,))
    task.apply(args=(True,))
    assert recorded(recorder, "celery_task_duration_seconds") == [({"task": "tests.measured"}, 2)]
    assert recorded(recorder, "celery_task_failures_total") == [({"task": "tests.measured"}, 1)]


@shared_task(name="tests.put_off", bind=True, max_retries=2)
def put_off(self: Any) -> None:
    if self.request.retries < 2:
        raise self.retry(countdown=0)


def test_each_time_a_task_is_put_off_is_counted(recorder: Recorder) -> None:
    work.connect()
    task: Any = app.tasks["tests.put_off"]
    task.apply()
    assert recorded(recorder, "celery_task_retries_total") == [({"task": "tests.put_off"}, 2)]
    assert recorded(recorder, "celery_task_failures_total") == []


def test_the_limits_of_slow_and_repeated_queries_are_those_of_the_settings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executions, "slow_seconds", 0.5)
    monkeypatch.setattr(executions, "repeated", 10)
    settings.CONFIG = replace(settings.CONFIG, slow_query_ms=250, repeated_queries=5)
    receivers.connect()
    assert (executions.slow_seconds, executions.repeated) == (0.25, 5)
