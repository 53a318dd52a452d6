from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from ahgd_ops.access import tokens
from ahgd_ops.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("robot")


def test_a_token_carries_its_scopes(owner: User) -> None:
    _, text = tokens.issue("grafana", ["metrics:read"], owner)
    assert tokens.scopes_of_text(text, timezone.now()) == {"metrics:read"}


def test_only_a_digest_is_kept(owner: User) -> None:
    row, text = tokens.issue("grafana", ["metrics:read"], owner)
    assert text.startswith("ahgd_")
    assert text not in str(ApiToken.objects.values())
    assert row.digest == tokens.digest(text)


def test_an_expired_token_is_refused(owner: User) -> None:
    row, text = tokens.issue("grafana", [], owner)
    now = timezone.now()
    ApiToken.objects.filter(pk=row.pk).update(expires_at=now)
    assert tokens.scopes_of_text(text, now) is None
    assert tokens.scopes_of_text(text, now - timedelta(seconds=1)) is not None


def test_a_deactivated_owner_takes_the_token_along(owner: User) -> None:
    _, text = tokens.issue("grafana", [], owner)
    User.objects.update(is_active=False)
    assert tokens.scopes_of_text(text, timezone.now()) is None


def test_its_use_is_noted_at_most_once_a_minute(owner: User) -> None:
    _, text = tokens.issue("grafana", [], owner)
    now = timezone.now()
    for seconds in (0, 30, 61):
        tokens.scopes_of_text(text, now + timedelta(seconds=seconds))
    assert ApiToken.objects.get().last_used_at == now + timedelta(seconds=61)


@pytest.mark.parametrize("header", ["Bearer wrong", "bearer ahgd_", "Bearer é"])
def test_an_unknown_token_is_a_clear_401(client: Client, header: str) -> None:
    response = client.get("/ops/", headers={"Authorization": header})
    assert response.status_code == 401
    assert "revoked" in response.json()["detail"]
