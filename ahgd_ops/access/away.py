"""While the database is known to give no answer, nobody waits for it: pages are a 503 at once."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader

from monitoring.health import is_known_to_be_away

RETRY_SECONDS = 5


class AwayMiddleware:
    """Stands behind static files and before all that reads the database; a load balancer then goes to the next console.

    Without it each request would wait until the pool of connections gives up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return answer() if is_known_to_be_away() else self.get_response(request)


def answer() -> HttpResponse:
    """The page that says so, made of no context, as there may be no database to make one of."""
    response = HttpResponse(loader.get_template("503.html").render(), status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's: else each 503 of many is an error there
    return response
