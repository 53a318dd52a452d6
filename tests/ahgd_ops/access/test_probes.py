from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from ahgd_ops.access.probes import scopes_of
from ahgd_ops.access.tokens import issue
from tests.monitoring.health.outage import database_away

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAR = "203.0.113.9"


def request(peer: str, **headers: str) -> HttpRequest:
    return RequestFactory().get("/metrics", headers=headers, REMOTE_ADDR=peer)


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "may_read"),
    [
        ("127.0.0.1", None, True),
        ("::1", None, True),
        (FAR, None, False),
        ("", None, False),
        ("127.0.0.1", FAR, False),  # a proxy on this machine that nobody declared
        ("127.0.0.1", "127.0.0.1", False),
        (FAR, "127.0.0.1", False),
        ("10.0.0.2", f"127.0.0.1, {FAR}", False),  # a trusted proxy, whose client says of itself what it likes
        ("10.0.0.2", f"{FAR}, 127.0.0.1", True),
        ("10.0.0.2", "10.0.0.2", False),
        ("10.0.0.2", "nonsense", False),
        ("10.0.0.2", None, False),
    ],
)
def test_metrics_are_for_the_networks_that_are_allowed(
    settings: Settings, peer: str, forwarded_for: str | None, may_read: bool
) -> None:
    settings.CONFIG = replace(settings.CONFIG, trusted_proxies=("10.0.0.0/24",))
    headers = {} if forwarded_for is None else {"x-forwarded-for": forwarded_for}
    assert ("metrics:read" in scopes_of(request(peer, **headers), NOW)) is may_read


@pytest.mark.parametrize("header", ["x-forwarded-proto", "forwarded"])
def test_any_sign_of_an_unknown_proxy_makes_a_request_no_local_one(header: str) -> None:
    assert not scopes_of(request("127.0.0.1", **{header: "https"}), NOW)


def test_the_allowed_networks_are_a_setting(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, metrics_allow=("203.0.113.0/24",))
    assert scopes_of(request(FAR), NOW) == {"metrics:read"}
    assert not scopes_of(request("127.0.0.1"), NOW)


@pytest.mark.django_db
def test_a_token_brings_its_scopes_from_anywhere() -> None:
    _, text = issue("prometheus", ["metrics:read"], User.objects.create_user("ana"))
    assert scopes_of(request(FAR, authorization=f"Bearer {text}"), NOW) == {"metrics:read"}


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer ahgd_nobody", "Bearer", "Basic b3BzOm9wcw==", ""])
def test_what_is_no_token_brings_nothing(header: str) -> None:
    assert not scopes_of(request(FAR, authorization=header), NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "scopes"),
    [
        ({"is_staff": True}, {"health:read", "metrics:read"}),
        ({"is_staff": False}, set()),
        ({"is_staff": True, "is_active": False}, set()),
    ],
)
def test_a_session_counts_for_active_staff(client: Client, person: dict[str, Any], scopes: set[str]) -> None:
    user = User.objects.create_user("ana", is_staff=True)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    User.objects.filter(pk=user.pk).update(**person)
    asked = request(FAR)
    asked.COOKIES.update({name: morsel.value for name, morsel in client.cookies.items()})
    assert scopes_of(asked, NOW) == scopes


@pytest.mark.django_db
@pytest.mark.parametrize("header", [{"authorization": "Bearer ahgd_x"}, {"cookie": "ahgd_ops_session=abc"}])
def test_without_a_database_only_the_network_counts(header: dict[str, str]) -> None:
    with database_away():
        assert scopes_of(request("127.0.0.1", **header), NOW) == {"metrics:read"}
        assert not scopes_of(request(FAR, **header), NOW)
