from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from ahgd_ops.access.first_sign_in import link_for
from tests.people import PASSWORD, superuser

pytestmark = pytest.mark.django_db
ELSEWHERE = "203.0.113.7"


@pytest.fixture(autouse=True)
def https(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, public_url="https://ops.example.org", trusted_proxies=("10.0.0.1/32",))
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.ALLOWED_HOSTS = ["localhost", "ops.example.org"]


def test_who_comes_from_elsewhere_is_sent_to_https(client: Client) -> None:
    answer = client.get("/accounts/login/?next=/ops/", REMOTE_ADDR=ELSEWHERE, HTTP_HOST="ops.example.org")
    assert (answer.status_code, answer["Location"]) == (301, "https://ops.example.org/accounts/login/?next=/ops/")


def test_a_host_name_that_is_not_ours_is_not_sent_anywhere(client: Client) -> None:
    assert client.get("/", REMOTE_ADDR=ELSEWHERE, HTTP_HOST="evil.example").status_code == 400


def test_who_came_by_https_to_a_trusted_proxy_stays_and_gets_secure_cookies(client: Client) -> None:
    headers = {"HTTP_X_FORWARDED_FOR": ELSEWHERE, "HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": "ops.example.org"}
    answer = client.get("/accounts/login/", REMOTE_ADDR="10.0.0.1", **headers)
    assert answer.status_code == 200
    assert answer.cookies["ahgd_ops_csrf"]["secure"]


def test_a_claim_of_https_is_not_believed(client: Client) -> None:
    answer = client.get(
        "/accounts/login/", REMOTE_ADDR=ELSEWHERE, HTTP_X_FORWARDED_PROTO="https", HTTP_HOST="ops.example.org"
    )
    assert answer.status_code == 301


def test_on_this_machine_the_sign_in_link_works_over_plain_http(client: Client) -> None:
    link = link_for(User.objects.create_superuser("admin"))
    answer = client.get(urlsplit(link).path, HTTP_HOST="localhost:8503")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/set-password/")
    assert not answer.cookies["ahgd_ops_session"]["secure"]


def test_on_this_machine_a_form_can_be_sent_over_plain_http() -> None:
    superuser()
    browser = Client(enforce_csrf_checks=True, HTTP_HOST="localhost:8503", HTTP_ORIGIN="http://localhost:8503")
    token = browser.get("/accounts/login/").cookies["ahgd_ops_csrf"]
    assert not token["secure"]
    fields = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token.value}
    answer = browser.post("/accounts/login/", fields)
    assert (answer.status_code, answer["Location"]) == (302, "/ops/")


def test_through_an_unknown_proxy_on_this_machine_it_is_not_this_machine(client: Client) -> None:
    answer = client.get("/accounts/login/", HTTP_X_FORWARDED_FOR=ELSEWHERE, HTTP_HOST="ops.example.org")
    assert answer.status_code == 301
