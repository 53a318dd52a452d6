from datetime import timedelta
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from ahgd_ops.access.tokens import issue
from monitoring.health import running
from monitoring.health.status import Finding
from monitoring.models import Status
from tests.monitoring.health.doubles import Told

pytestmark = pytest.mark.django_db
POD = "10.42.0.17:8503"
PATH = "/health/checks"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.fixture(autouse=True)
def _one_check(settings: Settings) -> None:
    settings.HEALTH_CHECKS = ("tests.monitoring.health.doubles.Told",)


@pytest.fixture
def staff(client: Client) -> Client:
    user = User.objects.create_user("ana", is_staff=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("form", "kind", "says"),
    [
        ("json", "application/json", '"OK"'),
        ("text", "text/plain; charset=utf-8", "OK"),
        ("openmetrics", OPENMETRICS, 'django_health_check_status{check="told"} 1'),
        ("rss", "application/rss+xml; charset=utf-8", "<rss"),
        ("html", "text/html; charset=utf-8", "<strong>told</strong>"),
    ],
)  # fmt: skip
def test_staff_see_the_checks_run_now_in_each_format(staff: Client, form: str, kind: str, says: str) -> None:
    response = staff.get(PATH, {"format": form}, headers={"host": POD})
    assert (response.status_code, response["Content-Type"]) == (200, kind)
    assert says in response.content.decode()


def test_a_token_with_the_scope_sees_them(client: Client) -> None:
    _, text = issue("kuma", ["health:read"], User.objects.create_user("ana"))
    response = client.get(PATH, headers={"authorization": f"Bearer {text}", "host": POD, "accept": "application/json"})
    assert (response.status_code, list(response.json().values())) == (200, ["OK"])


def test_others_are_told_how_to_see_them(client: Client) -> None:
    response = client.get(PATH)
    assert (response.status_code, b"health:read" in response.content) == (403, True)


@pytest.mark.parametrize("accept", ["", ";;;q=", "*", "a/b;q=x,,/", "application/json;q=nan"])
def test_no_accept_header_breaks_it(staff: Client, accept: str) -> None:
    assert staff.get(PATH, headers={"accept": accept}).status_code in (200, 406)


def test_its_page_has_no_inline_style_and_forbids_scripts(staff: Client) -> None:
    response = staff.get(PATH)
    assert "<style" not in response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_check_that_is_not_healthy_makes_it_a_500(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Told, "find", lambda self, now: Finding(Status.WARNING, "86 % in use"))
    response = staff.get(PATH, {"format": "text"})
    assert (response.status_code, b"86 % in use" in response.content) == (500, True)


def test_a_check_that_hangs_holds_it_up_for_its_limit_only(
    staff: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()

    def hang(self: Told, now: object) -> Finding:
        released.wait(60)
        return Finding(Status.HEALTHY, "back")

    monkeypatch.setattr(Told, "find", hang)
    options = {"name": "hangs", "timeout": timedelta(seconds=0.05)}
    settings.HEALTH_CHECKS = (("tests.monitoring.health.doubles.Told", options),)
    response = staff.get(PATH, {"format": "text"})
    assert not released.is_set()
    released.set()
    assert b"timed out after 0.05 s" in response.content


def test_a_check_with_a_long_limit_is_shown_as_running(
    staff: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()

    def hang(self: Told, now: object) -> Finding:
        released.wait(60)
        return Finding(Status.HEALTHY, "back")

    monkeypatch.setattr(Told, "find", hang)
    monkeypatch.setattr(running, "PATIENCE_SECONDS", 0.05)
    options = {"name": "takes_long", "timeout": timedelta(seconds=300)}
    settings.HEALTH_CHECKS = (("tests.monitoring.health.doubles.Told", options),)
    response = staff.get(PATH, {"format": "text"})
    released.set()
    assert b"Still running after 0.05 s" in response.content
