"""Believes ``X-Forwarded-For`` and ``X-Forwarded-Proto`` from trusted proxies, and from nobody else."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class TrustedProxyMiddleware:
    """Sets REMOTE_ADDR to the first address, from the right, that is not a trusted proxy.

    From anyone else the headers are removed, but ``ahgd.forwarded`` stays in the environment: a request that came
    through an unknown proxy is not a local one, whatever its address says.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.networks = tuple(ip_network(text) for text in settings.CONFIG.trusted_proxies)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        resolve_forwarded(request.META, self.networks)
        return self.get_response(request)


def resolve_forwarded(meta: dict[str, object], networks: tuple[IPv4Network | IPv6Network, ...]) -> None:
    forwarded = [name for name in _FORWARDED if name in meta]
    meta["ahgd.forwarded"] = bool(forwarded)
    if not is_within(str(meta.get("REMOTE_ADDR", "")), networks):
        for name in forwarded:
            del meta[name]
        return
    chain = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if part.strip()]
    client = next((part for part in reversed(chain) if not is_within(part, networks)), None)
    if client is not None:
        meta["REMOTE_ADDR"] = client


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
