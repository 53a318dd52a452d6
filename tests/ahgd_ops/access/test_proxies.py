from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from ahgd_ops.access.proxies import is_local, resolve_forwarded

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
