import io
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any
from wsgiref.validate import validator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from ahgd_ops.access.tokens import issue
from monitoring.health import lifetime, watch
from monitoring.health.status import Overall
from monitoring.health.watch import Watch
from monitoring.models import Status
from monitoring.views.probes import application
from tests.monitoring.health.outage import database_away
from tests.monitoring.watching import result, set_watch, told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POD = "10.42.0.17:8503"  # a host the console is not told of


@pytest.fixture(autouse=True)
def _own_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    set_watch(monkeypatch, Watch())


def call(path: str, **environ: Any) -> tuple[str, dict[str, str], bytes]:
    """What the WSGI application answers, with both sides checked against PEP 3333."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    asked = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "ops",
        "SERVER_PORT": "8502", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.multithread": True,
        "wsgi.multiprocess": True, "wsgi.run_once": False,
    } | environ  # fmt: skip

    def start(status: str, headers: list[tuple[str, str]], info: Any = None) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda data: None

    with closing(validator(application)(asked, start)) as body:
        content = b"".join(body)
    ((status, headers),) = started
    return status, dict(headers), content


@pytest.mark.parametrize(
    ("status", "code"),
    [(Status.HEALTHY, 200), (Status.WARNING, 200), (Status.UNKNOWN, 200), (Status.CRITICAL, 503)],
)
def test_health_is_refused_only_when_critical(
    client: Client, monkeypatch: pytest.MonkeyPatch, status: Status, code: int
) -> None:
    set_watch(monkeypatch, told(result("disk", status, NOW)))
    response = client.get("/health", headers={"host": POD})
    assert (response.status_code, response.json()["status"]) == (code, status)
    assert response["Content-Type"] == "application/json"


def test_a_critical_check_leaves_the_process_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    set_watch(monkeypatch, told(result("beat", Status.CRITICAL, NOW)))
    response = client.get("/health/ready", headers={"host": POD})
    assert (response.status_code, response.json()["status"], response.json()["ready"]) == (200, "critical", True)


@pytest.mark.parametrize("name", ["database", "migrations"])
def test_what_serving_needs_makes_it_unready_and_is_named(
    client: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    set_watch(monkeypatch, told(result(name, Status.CRITICAL, NOW, blocks_readiness=True)))
    response = client.get("/health/ready", headers={"host": POD})
    assert (response.status_code, response.json()["down"]) == (503, [name])


def test_draining_makes_it_unready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    set_watch(monkeypatch, told(result("database", Status.HEALTHY, NOW)))
    lifetime.drain()
    try:
        response = client.get("/health/ready")
    finally:
        lifetime._draining.clear()
    assert (response.status_code, response.json()["down"]) == (503, ["draining"])


@pytest.mark.django_db(transaction=True)
def test_a_console_whose_database_answers_is_ready(client: Client) -> None:
    response = client.get("/health/ready", headers={"host": POD})
    assert (response.status_code, response.json()["down"]) == (200, [])


@pytest.mark.django_db(transaction=True)
def test_a_console_whose_database_is_away_says_so(client: Client) -> None:
    with database_away():
        ready, health = client.get("/health/ready"), client.get("/health")
    assert (ready.status_code, ready.json()["down"]) == (503, ["database"])
    assert (health.status_code, health.json()["status"]) == (503, "critical")


def test_liveness_never_touches_the_database(client: Client) -> None:
    response = client.get("/health/live", headers={"host": POD})  # pytest-django would refuse any access
    body = response.json()
    assert response.status_code == 200
    assert body.pop("uptime_seconds") >= 0
    assert body == {"status": "healthy", "alive": True}


def test_readiness_answers_though_the_database_hangs(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE_SECONDS", 0.05)
    released = Event()

    def hang(now: datetime) -> Overall:
        released.wait(60)
        return Overall((), now)

    set_watch(monkeypatch, Watch(hang))
    ready, live = client.get("/health/ready"), client.get("/health/live")
    assert not released.is_set()
    released.set()
    assert (ready.status_code, ready.json()["down"], live.status_code) == (503, ["database"], 200)


@pytest.mark.parametrize("path", ["/health/", "/health/ready/", "/health/live/"])
def test_a_trailing_slash_is_no_other_path(client: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    set_watch(monkeypatch, told(result("database", Status.HEALTHY, NOW)))
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live", "/metrics"])
def test_a_head_has_the_headers_of_a_get_and_no_body(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    set_watch(monkeypatch, told(result("database", Status.CRITICAL, NOW, blocks_readiness=True)))
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head["Content-Type"], head.content) == (get.status_code, get["Content-Type"], b"")
    assert int(head["Content-Length"]) > 0


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    response = getattr(client, method)("/health/live")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("accept", ["", "text/html", ";;;q=", "*", "a/b;q=x,,/", "\x00", "application/json;q=nan"])
@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live", "/metrics"])
def test_no_accept_header_breaks_a_probe(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, accept: str
) -> None:
    set_watch(monkeypatch, told(result("database", Status.CRITICAL, NOW, blocks_readiness=True)))
    assert client.get(path, headers={"accept": accept}).status_code in (200, 503)


def test_plain_http_is_not_redirected(client: Client, settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, public_url="https://ops.example.org")
    assert client.get("/health/live", headers={"host": POD}, REMOTE_ADDR="10.42.0.1").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_anonymous_callers_see_no_checks(client: Client) -> None:
    assert "checks" not in client.get("/health").json()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_staff", "sees"), [(True, True), (False, False)])
def test_details_are_for_staff_that_is_signed_in(client: Client, is_staff: bool, sees: bool) -> None:
    client.force_login(User.objects.create_user("ana", is_staff=is_staff), "django.contrib.auth.backends.ModelBackend")
    assert ("checks" in client.get("/health").json()) is sees


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("scope", "sees"), [("health:read", True), ("alerts:read", False)])
def test_details_are_for_a_token_with_the_scope(client: Client, scope: str, sees: bool) -> None:
    _, text = issue("kuma", [scope], User.objects.create_user("ana"))
    response = client.get("/health/ready", headers={"authorization": f"Bearer {text}", "host": POD})
    assert response.status_code == 200
    assert ("checks" in response.json()) is sees


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic b3BzOm9wcw==", "Bearer", "", "Bearer \u00e9"])
def test_an_unknown_token_gets_what_anybody_gets(client: Client, header: str) -> None:
    response = client.get("/health", headers={"authorization": header})
    assert response.status_code in (200, 503)
    assert "checks" not in response.json()


@pytest.mark.django_db(transaction=True)
def test_nobody_is_looked_up_while_the_database_is_away(client: Client) -> None:
    with database_away():
        response = client.get("/health", headers={"authorization": "Bearer ahgd_x"})
    assert (response.status_code, response.json()["ready"]) == (503, False)


def test_metrics_are_refused_with_what_to_do(client: Client) -> None:
    response = client.get("/metrics", REMOTE_ADDR="203.0.113.9")
    assert response.status_code == 403
    assert "AHGD_METRICS_ALLOW" in response.text
    assert "metrics:read" in response.text


def test_other_paths_go_on(client: Client) -> None:
    assert client.get("/healthy", headers={"host": "localhost"}).status_code != 200


@pytest.mark.parametrize(
    ("path", "switch"), [("/health/ready", "readiness_check_enabled"), ("/health/live", "liveness_check_enabled")]
)
def test_a_probe_can_be_switched_off(settings: Settings, path: str, switch: str) -> None:
    settings.CONFIG = replace(settings.CONFIG, **{switch: False})
    assert call(path)[0] == "404 Not Found"


def test_the_probe_port_answers_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    set_watch(monkeypatch, told(result("database", Status.CRITICAL, NOW, blocks_readiness=True)))
    status, headers, body = call("/health/ready", HTTP_HOST=POD)
    assert (status, headers["Content-Type"]) == ("503 Service Unavailable", "application/json")
    assert json.loads(body)["down"] == ["database"]
    assert int(headers["Content-Length"]) == len(body)


def test_the_probe_port_answers_liveness_at_once() -> None:
    assert call("/health/live")[0] == "200 OK"


@pytest.mark.parametrize("path", ["/", "/ops/", "/admin/", "/healthz", "/health/live/x", "/\u00ff"])
def test_the_probe_port_has_nothing_else(path: str) -> None:
    status, _, body = call(path)
    assert (status, "error" in json.loads(body)) == ("404 Not Found", True)


def test_a_probe_that_fails_is_still_answered(settings: Settings) -> None:
    settings.PROBE_SCOPES = "no.such.callable"
    assert call("/metrics")[0] == "500 Internal Server Error"
