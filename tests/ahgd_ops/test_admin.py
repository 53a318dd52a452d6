import re

import pytest
from auditlog.models import LogEntry
from django.test import Client

from ahgd_ops.access import tokens
from ahgd_ops.models import ApiToken
from tests.people import person, superuser

pytestmark = pytest.mark.django_db

ADD = "/admin/ahgd_ops/apitoken/add/"
FORM = {"name": "grafana", "scopes": ["metrics:read"]}


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(superuser())
    return client


def test_a_new_token_is_shown_once_and_only_its_digest_is_kept(admin: Client) -> None:
    shown = admin.post(ADD, FORM, follow=True).content.decode()

    token = ApiToken.objects.get()
    (text,) = re.findall(rf"{tokens.PREFIX}[\w-]{{20,}}", shown)
    assert (token.digest, token.owner.username, token.scopes) == (tokens.digest(text), "admin", ["metrics:read"])
    assert text not in str(ApiToken.objects.values())
    assert text not in admin.get("/admin/ahgd_ops/apitoken/").content.decode()


def test_the_page_that_shows_a_token_is_kept_nowhere(admin: Client) -> None:
    response = admin.post(ADD, {"name": "pager", "scopes": ["alerts:read"]})
    assert "no-store" in response.headers["Cache-Control"]
    (text,) = re.findall(rf"{tokens.PREFIX}[\w-]{{43}}", response.content.decode())
    assert text not in str(response.cookies)
    assert "http://localhost:8503/api/v1/alerts" in response.content.decode()


def test_the_list_tells_what_a_token_may_and_when_it_was_used(admin: Client) -> None:
    _, text = tokens.issue("pager", ["alerts:read", "alerts:resolve"], person("Operator"))
    admin.get("/api/v1/alerts", headers={"Authorization": f"Bearer {text}"})
    page = admin.get("/admin/ahgd_ops/apitoken/").content.decode()
    assert "alerts:read, alerts:resolve" in page
    assert "in force" in page
    assert ApiToken.objects.get().last_used_at is not None


def test_a_revoked_token_comes_in_no_more_and_stays_on_record(admin: Client) -> None:
    token, text = tokens.issue("pager", ["alerts:read"], person("Operator"))
    chosen = {"action": "revoke", "_selected_action": [token.pk]}
    page = admin.post("/admin/ahgd_ops/apitoken/", chosen, follow=True).content.decode()
    assert "Revoked 1 token(s)." in page
    assert "expired or revoked" in page
    assert Client().get("/api/v1/alerts", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    assert LogEntry.objects.get_for_object(token).filter(changes__has_key="expires_at").exists()


def test_who_owns_a_token_and_is_deactivated_takes_it_along(admin: Client) -> None:
    token, _ = tokens.issue("pager", ["alerts:read"], person("Operator"))
    token.owner.is_active = False
    token.owner.save()
    assert "its owner is deactivated" in admin.get("/admin/ahgd_ops/apitoken/").content.decode()


def test_a_token_is_not_changed_but_made_anew(admin: Client) -> None:
    admin.post(ADD, FORM)
    before = ApiToken.objects.values().get()

    assert admin.post(f"/admin/ahgd_ops/apitoken/{before['id']}/change/", FORM | {"name": "other"}).status_code == 403
    assert ApiToken.objects.values().get() == before


@pytest.mark.parametrize("wrong", [{"scopes": []}, {"scopes": ["everything"]}, {"name": ""}])
def test_a_token_without_a_name_or_a_known_scope_is_not_made(admin: Client, wrong: dict[str, object]) -> None:
    assert admin.post(ADD, FORM | wrong).status_code == 200
    assert not ApiToken.objects.exists()


def test_an_operator_makes_no_token(client: Client) -> None:
    client.force_login(person("Operator", is_staff=True))

    assert client.post(ADD, FORM).status_code == 403
    assert not ApiToken.objects.exists()
