"""Bearer tokens for machines: ``Authorization: Bearer ahgd_...``; a request carries the scopes of its token."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from ahgd_ops.api.answers import problem_response
from ahgd_ops.models import ApiToken

PREFIX = "ahgd_"
_USE_RECORDED_EVERY = timedelta(minutes=1)


def new_text() -> str:
    """A token nobody had before: 256 random bits behind a prefix that secret scanners can know."""
    return PREFIX + secrets.token_urlsafe(32)


def issue(name: str, scopes: list[str], owner: User) -> tuple[ApiToken, str]:
    """A new token row, and the token itself, which is not kept anywhere."""
    text = new_text()
    return ApiToken.objects.create(name=name, scopes=scopes, owner=owner, digest=digest(text)), text


def digest(text: str) -> str:
    """SHA-256 is enough here: the text has 256 bits of its own, there is nothing to guess."""
    return hashlib.sha256(text.encode()).hexdigest()


def scopes_of_text(text: str, now: datetime) -> frozenset[str] | None:
    """The token's scopes, or None when it is no token that may come in."""
    token = find(text, now)
    return None if token is None else frozenset(token.scopes)


def find(text: str, now: datetime) -> ApiToken | None:
    """The token, or None when it is unknown, expired or revoked, or its owner was deactivated."""
    alive = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    token = ApiToken.objects.select_related("owner").filter(alive, digest=digest(text), owner__is_active=True).first()
    if token is None:
        return None
    unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _USE_RECORDED_EVERY)
    ApiToken.objects.filter(unused, pk=token.pk).update(last_used_at=now)
    return token


class TokenMiddleware:
    """Gives each request its ``token`` and the ``scopes`` of it, for views that serve machines; nobody is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.token, request.scopes = None, frozenset()  # type: ignore[attr-defined]  # it is open for middleware
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.casefold() != "bearer":
            return self.get_response(request)
        token = find(text.strip(), timezone.now())
        if token is None:
            return problem_response(
                401, "This token is unknown, expired or revoked. An administrator can make another."
            )
        request.token, request.scopes = token, frozenset(token.scopes)  # type: ignore[attr-defined]  # as above
        return self.get_response(request)
