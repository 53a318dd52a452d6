"""Believes ``X-Forwarded-For`` and ``X-Forwarded-Proto`` from trusted proxies, and from nobody else."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

_PROTOCOL = "HTTP_X_FORWARDED_PROTO"
_FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    _PROTOCOL,
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_FORWARDED",
)


class TrustedProxyMiddleware:
    """Sets REMOTE_ADDR to the first address, from the right, that is not a trusted proxy.

    Then the headers are removed, since others read what a client wrote into them; only the protocol of a trusted proxy
    stays. ``ahgd.forwarded`` stays too: a request that came through an unknown proxy is not a local one, whatever its
    address says.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.networks = tuple(ip_network(text) for text in settings.CONFIG.trusted_proxies)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        resolve_forwarded(request.META, self.networks)
        return self.get_response(request)


def resolve_forwarded(meta: dict[str, object], networks: tuple[IPv4Network | IPv6Network, ...]) -> None:
    """Does to a WSGI environment what ``TrustedProxyMiddleware`` says. A client that is no address stays unknown."""
    forwarded = {name: str(meta.pop(name)) for name in _FORWARDED if name in meta}
    meta["ahgd.forwarded"] = bool(forwarded)
    if not is_within(str(meta.get("REMOTE_ADDR", "")), networks):
        return
    if _PROTOCOL in forwarded:
        meta[_PROTOCOL] = forwarded[_PROTOCOL]
    chain = [_bare(part) for part in forwarded.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    client = next((part for part in reversed(chain) if not is_within(part, networks)), "")
    if _is_address(client):
        meta["REMOTE_ADDR"] = client


def _bare(part: str) -> str:
    """An address without the port that some proxies add, and without brackets and the zone of IPv6."""
    text = part.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return text.partition("%")[0]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_within(text: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)


def is_local(request: HttpRequest) -> bool:
    """Whether the request was made on this very machine, with no proxy between."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback and not request.META.get("ahgd.forwarded", False)
