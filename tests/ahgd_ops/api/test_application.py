from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openapi_spec_validator import OpenAPIV31SpecValidator

from ahgd_ops.access import tokens
from tests.alerts.rows import an_alert
from tests.people import person

pytestmark = pytest.mark.django_db
ALERTS = "/api/v1/alerts"


def test_without_a_token_or_a_session_it_says_how_to_come_in(client: Client) -> None:
    for response in (client.get(ALERTS), client.post(f"{ALERTS}/1/resolve")):
        assert response.status_code == 401
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.json()["detail"].startswith("Send a token of the API")


def test_a_token_that_is_no_good_is_refused_in_the_same_shape(client: Client) -> None:
    response = client.get(ALERTS, headers={"Authorization": "Bearer ahgd_wrong"})
    assert response.status_code == 401
    assert response.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "This token is unknown, expired or revoked. An administrator can make another.",
        "errors": [],
    }


def test_somebody_who_is_signed_in_may_read_by_their_role(viewer: Client) -> None:
    alert = an_alert(timezone.now())
    assert viewer.get(f"{ALERTS}/{alert.pk}").json()["id"] == alert.pk
    response = viewer.post(f"{ALERTS}/{alert.pk}/resolve")
    assert response.status_code == 403
    assert response.json()["detail"] == "Your role may not resolve alerts. Ask an administrator for another."


def test_a_session_changes_nothing_without_the_csrf_token_of_its_page() -> None:
    alert = an_alert(timezone.now())
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(person("Operator"))
    response = browser.post(f"{ALERTS}/{alert.pk}/resolve")
    assert response.status_code == 403
    assert "X-CSRFToken" in response.json()["detail"]
    browser.get("/ops/alerts/")
    token = browser.cookies["ahgd_ops_csrf"].value
    assert browser.post(f"{ALERTS}/{alert.pk}/resolve", headers={"X-CSRFToken": token}).status_code == 200


def test_a_token_needs_no_csrf_token() -> None:
    alert = an_alert(timezone.now())
    _, text = tokens.issue("pager", ["alerts:resolve"], person("Operator"))
    program = Client(enforce_csrf_checks=True)
    response = program.post(f"{ALERTS}/{alert.pk}/resolve", headers={"Authorization": f"Bearer {text}"})
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/nothing", "/api/v1/alerts/x/y/z"])
def test_an_address_that_is_not_there_is_a_problem_and_no_page(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_body_that_is_no_json_is_a_problem(operator: Client) -> None:
    alert = an_alert(timezone.now())
    response = operator.post(f"{ALERTS}/{alert.pk}/acknowledge", "{", content_type="application/json")
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")


def document(client: Client) -> dict[str, Any]:
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def test_the_document_is_valid_openapi(client: Client) -> None:
    OpenAPIV31SpecValidator(document(client)).validate()


def test_the_document_names_every_operation_with_its_problems(client: Client) -> None:
    paths = document(client)["paths"]
    assert {f"{method} {path}" for path, methods in paths.items() for method in methods} >= {
        "get /api/v1/alerts",
        "get /api/v1/alerts/{alert_id}",
        "post /api/v1/alerts/{alert_id}/acknowledge",
        "post /api/v1/alerts/{alert_id}/give-back",
        "post /api/v1/alerts/{alert_id}/resolve",
        "post /api/v1/alerts/{alert_id}/silence",
    }
    acknowledge = paths["/api/v1/alerts/{alert_id}/acknowledge"]["post"]
    assert set(acknowledge["responses"]) == {"200", "400", "401", "403", "404", "409", "422"}
    assert set(acknowledge["responses"]["409"]["content"]) == {"application/problem+json"}
    assert acknowledge["security"] == [{"BearerToken": []}, {"SignedIn": []}]


def test_people_read_the_same_as_a_page_without_scripts_of_others(viewer: Client) -> None:
    page = viewer.get("/api/v1/docs").content.decode()
    for said in ("POST /api/v1/alerts/{alert_id}/acknowledge", "What is being done about it.", "open, resolved, all"):
        assert said in page
    assert "cdn" not in page.lower()


def test_the_page_is_for_those_who_are_signed_in(client: Client) -> None:
    assert client.get("/api/v1/docs").status_code == 302
