"""/health, /health/ready, /health/live and /metrics, on the console's port and on one of their own.

They never look at Host, and at a session or a token only to show details. Which of those a request may see is the
project's to say: ``settings.PROBE_SCOPES`` is the path of a callable that gives the scopes of a request.
"""

import json
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string

from monitoring import exposition
from monitoring.health import answers, lifetime
from monitoring.health.status import Overall
from monitoring.health.watch import glance
from monitoring.views import live_checks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

LIVE_CHECKS_PATH = "/health/checks"
_ONLY = "Only /health, /health/ready, /health/live, /health/checks and /metrics."
_NO_METRICS = (
    "Metrics are for those who may read them: send a token with the scope metrics:read as\n"
    "'Authorization: Bearer ...', or put this client's network into AHGD_METRICS_ALLOW.\n"
)


_NO_CHECKS = (
    "The checks run live for those who may see them: sign in as staff, or send a token with the scope health:read as\n"
    "'Authorization: Bearer ...'.\n"
)


def answer(request: HttpRequest) -> HttpResponse | None:
    """The answer to a probe; None when the path is not a probe's, or is switched off."""
    path = request.path_info.rstrip("/")
    view = _VIEWS.get(path)
    if view is None or not getattr(settings.CONFIG, _SWITCHES.get(path, ""), True):
        return None
    if request.method not in ("GET", "HEAD"):
        response = _json({"error": f"Use GET: {request.method} means nothing here."}, HTTPStatus.METHOD_NOT_ALLOWED)
        response["Allow"] = "GET, HEAD"
        return response
    response = view(request)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's: else each 503 of many is an error there
    if request.method == "HEAD":
        response["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """WSGI: the probes and nothing else, for a port that serves only them. The server closes database connections."""
    try:
        response = answer(WSGIRequest(environ))
    except Exception:  # the edge: nobody above would answer
        log.exception("A probe failed.")
        response = _json({"error": "This probe failed; the log says why."}, HTTPStatus.INTERNAL_SERVER_ERROR)
    if response is None:
        response = _json({"error": _ONLY}, HTTPStatus.NOT_FOUND)
    response.headers.setdefault("Content-Length", str(len(response.content)))
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


def _health(request: HttpRequest) -> HttpResponse:
    overall = glance()
    status = HTTPStatus.OK if answers.is_serving(overall) else HTTPStatus.SERVICE_UNAVAILABLE
    return _json(answers.endpoint_response(overall, _may_see_details(request, overall)), status)


def _ready(request: HttpRequest) -> HttpResponse:
    overall = glance()
    body = answers.readiness(overall, _may_see_details(request, overall))
    return _json(body, HTTPStatus.OK if body["ready"] else HTTPStatus.SERVICE_UNAVAILABLE)


def _live(request: HttpRequest) -> HttpResponse:
    return _json(lifetime.liveness(), HTTPStatus.OK)


def _checks(request: HttpRequest) -> HttpResponse:
    if "health:read" not in _scopes(request):
        return HttpResponse(_NO_CHECKS, status=HTTPStatus.FORBIDDEN, content_type="text/plain; charset=utf-8")
    return live_checks.run(request, timezone.now())


def _metrics(request: HttpRequest) -> HttpResponse:
    if "metrics:read" not in _scopes(request):
        return HttpResponse(_NO_METRICS, status=HTTPStatus.FORBIDDEN, content_type="text/plain; charset=utf-8")
    body, content_type = exposition.render(request.headers.get("Accept", ""), glance(), timezone.now())
    return HttpResponse(body, content_type=content_type)


_VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/health": _health,
    "/health/ready": _ready,
    "/health/live": _live,
    LIVE_CHECKS_PATH: _checks,
    "/metrics": _metrics,
}
_SWITCHES = {"/health/ready": "readiness_check_enabled", "/health/live": "liveness_check_enabled"}


def _may_see_details(request: HttpRequest, overall: Overall) -> bool:
    """Asked only of a request that shows something, and only while a session or a token could be looked up."""
    sent = request.META
    has_session = "HTTP_COOKIE" in sent and settings.SESSION_COOKIE_NAME in request.COOKIES  # most probes send none
    return (
        ("HTTP_AUTHORIZATION" in sent or has_session) and not overall.blocked_by and "health:read" in _scopes(request)
    )


def _scopes(request: HttpRequest) -> frozenset[str]:
    scopes: frozenset[str] = import_string(settings.PROBE_SCOPES)(request, timezone.now())
    return scopes


def _json(body: dict[str, Any], status: HTTPStatus) -> HttpResponse:
    response = HttpResponse(json.dumps(body), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
