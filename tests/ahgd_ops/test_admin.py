import re

import pytest
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
