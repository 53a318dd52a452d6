from dataclasses import replace
from ipaddress import ip_network

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from ahgd_ops.access.proxies import is_local, resolve_forwarded
from alerts.models import Channel

PROXY = (ip_network("10.0.0.0/8"),)


def resolved(remote: str, forwarded: str | None) -> dict[str, object]:
    meta: dict[str, object] = {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_PROTO": "https"}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    resolve_forwarded(meta, PROXY)
    return meta


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.7, 10.0.0.9", "203.0.113.7"),  # the first one is what the client claims
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("203.0.113.7", "127.0.0.1", "203.0.113.7"),
        ("", "127.0.0.1", ""),
        ("10.0.0.1", "203.0.113.7:5123", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.0.0.9:443", "203.0.113.7"),
        ("10.0.0.1", "[2001:db8::1]:5123", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"),  # what stands left of it, nobody vouches for
    ],
)
def test_the_client_is_the_first_address_from_the_right_that_is_no_proxy(
    remote: str, forwarded: str | None, client: str
) -> None:
    assert resolved(remote, forwarded)["REMOTE_ADDR"] == client


def test_headers_of_an_unknown_proxy_are_not_believed() -> None:
    meta = resolved("203.0.113.7", "127.0.0.1")
    assert "HTTP_X_FORWARDED_PROTO" not in meta
    assert "HTTP_X_FORWARDED_FOR" not in meta


def test_only_the_protocol_of_a_trusted_proxy_is_left_for_others_to_read() -> None:
    meta = resolved("10.0.0.1", "6.6.6.6, 203.0.113.7")
    assert sorted(name for name in meta if name.startswith("HTTP_")) == ["HTTP_X_FORWARDED_PROTO"]


@pytest.mark.django_db
@pytest.mark.parametrize("forwarded", ["6.6.6.6, 203.0.113.7", "garbage, 203.0.113.7", "203.0.113.7:5123"])
def test_the_audit_log_names_the_client_and_not_what_it_claims(
    client: Client, settings: Settings, forwarded: str
) -> None:
    settings.CONFIG = replace(settings.CONFIG, trusted_proxies=("127.0.0.1/32",))
    client.force_login(User.objects.create_superuser("root"))
    headers = {"HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_FORWARDED_PORT": str(2**70)}
    data = {"name": "log", "kind": "log", "settings": "{}"}
    assert client.post("/admin/ahgd_alerts/channel/add/", data, **headers).status_code == 302
    assert LogEntry.objects.get_for_object(Channel.objects.get()).get().remote_addr == "203.0.113.7"


@pytest.mark.parametrize(
    ("remote", "headers", "local"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("127.0.0.1", {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}, False),
        ("192.168.1.5", {}, False),
        ("", {}, False),
    ],
)
def test_a_request_is_local_when_it_was_made_here_with_no_proxy_between(
    remote: str, headers: dict[str, str], local: bool
) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=remote, **headers)
    resolve_forwarded(request.META, ())
    assert is_local(request) is local
