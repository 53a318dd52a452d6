"""Who calls: a program with a token, or the console's own pages for somebody who is signed in."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from ahgd_ops.models import ApiToken
from alerts.api.problems import Problem


@dataclass(frozen=True, slots=True)
class Caller:
    """``scopes`` is None for a person, whose role alone decides."""

    user: User
    scopes: frozenset[str] | None


class BearerToken(HttpBearer):
    """``Authorization: Bearer ahgd_...``; ``TokenMiddleware`` has refused one that is unknown, expired or revoked."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        found: ApiToken | None = getattr(request, "token", None)
        return Caller(found.owner, frozenset(found.scopes)) if found is not None else None


class SignedIn(APIKeyCookie):
    """The session of a person, with the CSRF token of their page in ``X-CSRFToken`` where something changes."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        super().__init__(csrf=False)  # checked below, once it is known that somebody is there

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        if not isinstance(request.user, User):
            return None
        if check_csrf(request) is not None:
            raise Problem(403, "Send the CSRF token of your page as X-CSRFToken, or use a token of the API.")
        return Caller(request.user, None)
