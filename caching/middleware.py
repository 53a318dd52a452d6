"""Django's session for ``scope="session"``; stands after ``SessionMiddleware``."""

from collections.abc import Callable
from typing import Any

from caching.tiers.session import django_session


class SessionScope:
    """While a request is answered, the session tier keeps values in its session."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        token = django_session.set(request.session)
        try:
            return self._get_response(request)
        finally:
            django_session.reset(token)
