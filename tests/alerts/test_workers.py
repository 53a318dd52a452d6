"""Workers as real processes: several at once, and one that is killed in the middle of sending."""

import os
import subprocess
import sys
import threading
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.models import Notification
from alerts.outbox import deliver_due
from tests.alerts.rows import a_channel, an_alert, firing
from tests.alerts.told import LOOPBACK, NOW, configure
from tests.checkout import PROJECT_DIR

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = f"""
import django
django.setup()
from datetime import datetime
from alerts.outbox import deliver_due
deliver_due(datetime.fromisoformat({NOW.isoformat()!r}))
"""


@pytest.fixture
def worker_environment() -> dict[str, str]:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgresql://{database['USER']}@{quote(database['HOST'], safe='')}/{database['NAME']}"
    return os.environ | {"DATABASE_URL": url, "AHGD_WEBHOOK_ALLOW": ",".join(LOOPBACK)}


def worker(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    """A process that sweeps once."""
    return subprocess.Popen([sys.executable, "-c", SCRIPT], env=environment, cwd=PROJECT_DIR)


def test_workers_at_once_send_each_row_exactly_once(httpserver: HTTPServer, worker_environment: dict[str, str]) -> None:
    httpserver.expect_request("/").respond_with_data("ok")
    channels = [a_channel(name, kind="webhook", settings={"url": httpserver.url_for("/")}) for name in ("a", "b")]
    rows = [firing(an_alert(NOW, fingerprint=str(n)), channels[n % 2], NOW) for n in range(40)]

    workers = [worker(worker_environment) for _ in range(3)]
    assert [each.wait() for each in workers] == [0, 0, 0]
    deliver_due(NOW)

    arrived = [request.headers["webhook-id"] for request, _ in httpserver.log]
    assert sorted(arrived) == sorted(str(row.delivery_id) for row in rows)


def test_a_worker_that_is_killed_while_sending_loses_nothing(
    settings: Settings, httpserver: HTTPServer, worker_environment: dict[str, str]
) -> None:
    configure(settings, webhook_allow=LOOPBACK, lease_seconds=45)
    asked, killed = threading.Event(), threading.Event()

    def accept(request: Request) -> Response:
        asked.set()
        killed.wait()
        return Response("ok")

    httpserver.expect_oneshot_request("/").respond_with_handler(accept)
    httpserver.expect_request("/").respond_with_data("ok")
    channel = a_channel(kind="webhook", settings={"url": httpserver.url_for("/")})
    row = firing(an_alert(NOW), channel, NOW)
    process = worker(worker_environment)
    assert asked.wait(60)
    process.kill()
    process.wait()
    killed.set()

    assert deliver_due(NOW) == 0
    assert deliver_due(NOW + timedelta(minutes=5)) == 1
    assert Notification.objects.get(pk=row.pk).state == Notification.State.SENT
    assert {request.headers["webhook-id"] for request, _ in httpserver.log} == {str(row.delivery_id)}
