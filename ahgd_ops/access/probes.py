"""What a request to /health* or /metrics may see; these are answered before any other middleware has looked at it."""

from datetime import datetime
from importlib import import_module
from ipaddress import ip_network

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest

from ahgd_ops.access import tokens
from ahgd_ops.access.proxies import is_within, resolve_forwarded
from ahgd_ops.models import ApiToken

_STAFF = frozenset({ApiToken.Scope.HEALTH_READ.value, ApiToken.Scope.METRICS_READ.value})
_NEIGHBOUR = frozenset({ApiToken.Scope.METRICS_READ.value})
_NOBODY: frozenset[str] = frozenset()


def scopes_of(request: HttpRequest, now: datetime) -> frozenset[str]:
    """Scopes by the client's network, its token, or the session of a signed-in staff user.

    Without a database nobody is known, and only the network counts.
    """
    by_network = _NEIGHBOUR if _is_neighbour(request) else _NOBODY
    try:
        return by_network | (_of_token(request, now) if "Authorization" in request.headers else _of_session(request))
    except DatabaseError:
        return by_network


def _is_neighbour(request: HttpRequest) -> bool:
    """Whether the client is in AHGD_METRICS_ALLOW. Behind a proxy it is whom a trusted one names, else nobody."""
    peer = request.META.get("REMOTE_ADDR", "")
    seen: dict[str, object] = dict(request.META)
    resolve_forwarded(seen, tuple(map(ip_network, settings.CONFIG.trusted_proxies)))
    if seen["ahgd.forwarded"] and seen.get("REMOTE_ADDR") == peer:
        return False
    return is_within(str(seen.get("REMOTE_ADDR", "")), tuple(map(ip_network, settings.CONFIG.metrics_allow)))


def _of_token(request: HttpRequest, now: datetime) -> frozenset[str]:
    kind, _, text = request.headers["Authorization"].partition(" ")
    found = tokens.scopes_of_text(text.strip(), now) if kind.casefold() == "bearer" else None
    return _NOBODY if found is None else found


def _of_session(request: HttpRequest) -> frozenset[str]:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return _NOBODY
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return _STAFF if isinstance(user, User) and user.is_staff else _NOBODY
