"""/health/checks: django-health-check's own view over the same checks, run while somebody waits.

It runs on our runner, since its own would wait for a check that hangs, and start it anew with each request.
"""

from collections.abc import Iterable
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from health_check.base import HealthCheck, HealthCheckResult
from health_check.views import HealthCheckView, MediaType

from monitoring.health.base import error_of
from monitoring.health.running import run_live
from monitoring.health.status import Result

_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"


class Done(HealthCheck):  # type: ignore[misc]  # django-health-check ships no annotations
    """A check that has run; shown as the check itself."""

    def __init__(self, check: HealthCheck, result: Result) -> None:
        self.check = check
        self.result = result

    def run(self) -> None:
        """Not called: its result is there."""

    async def get_result(self, executor: Executor | None = None) -> HealthCheckResult:
        error = error_of(self.result.finding)
        return HealthCheckResult(check=self.check, error=error, time_taken=self.result.duration_ms / 1000)


def run(request: HttpRequest, now: datetime) -> HttpResponse:
    """Every check, run now: as HTML, JSON, text, Atom, RSS or OpenMetrics, by ``?format=`` or the Accept header."""
    done = [partial(Done, check, result) for check, result in run_live(now)]
    view = HealthCheckView.as_view(checks=cast("Iterable[Any]", done))
    response: HttpResponse = async_to_sync(_rendered)(view, _readable(request))
    response["Content-Security-Policy"] = _POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _rendered(view: Any, request: HttpRequest) -> HttpResponse:
    response = await view(request)
    if hasattr(response, "render"):
        response.render()
    return cast(HttpResponse, response)


def _readable(request: HttpRequest) -> WSGIRequest:
    """The request with a Host that Django accepts and an Accept header that django-health-check can read."""
    accept = request.META.get("HTTP_ACCEPT", "*/*")
    return WSGIRequest(
        {
            **request.META,
            "wsgi.input": request.META.get("wsgi.input"),
            "REQUEST_METHOD": "GET",
            "HTTP_HOST": urlsplit(settings.CONFIG.origin).netloc,
            "HTTP_ACCEPT": accept if _is_readable(accept) else "*/*",
        }
    )


def _is_readable(accept: str) -> bool:
    try:
        return bool(list(MediaType.parse_header(accept)))
    except ValueError:
        return False
