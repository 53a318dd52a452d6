"""``POST /api/metrics``: samples of programs that do not reach the database, as JSON or as Prometheus' text."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from ahgd_ops.api.answers import problem_response
from ahgd_ops.models import ApiToken
from alerts.api.problems import Fault, Problem
from monitoring.ingest import json_body, text_body
from monitoring.ingest.reading import BodyRefused, Reading, refuse_contradictions
from monitoring.ingest.receiving import Delivery, Receiving, seconds_to_wait

PERMISSION = "ahgd_monitoring.add_metricsnapshot"
FORMATS: dict[str, Callable[[bytes, int], list[Reading]]] = {
    "application/json": json_body.read,
    "text/plain": text_body.read,
}
_LONGEST_KEY = 200
_receiving = Receiving()


@csrf_exempt  # only tokens come in, never sessions
@login_not_required
def push(request: HttpRequest) -> HttpResponse:
    """Stores all samples of the body or, with the reason, none. Needs a token with the scope metrics:write."""
    now = timezone.now()
    try:
        return _stored(request, now)
    except Problem as problem:
        return problem_response(problem.status, problem.detail, problem.errors)
    except BodyRefused as refused:
        faults = [Fault(fault.place, fault.reason) for fault in refused.faults]
        detail = f"Nothing is stored. {faults[0].field}: {faults[0].reason}."
        return problem_response(refused.status, detail, faults)


def _stored(request: HttpRequest, now: datetime) -> HttpResponse:
    if request.method != "POST":
        response = problem_response(HTTPStatus.METHOD_NOT_ALLOWED, "Send samples with POST.")
        response.headers["Allow"] = "POST"
        return response
    source = f"token-{_token_of(request).pk}"
    read = _format(request)
    body = _body(request)
    wait_seconds = seconds_to_wait(source, settings.CONFIG.push_per_minute, now)
    if wait_seconds:
        detail = f"At most {settings.CONFIG.push_per_minute} requests a minute: send more samples in fewer of them."
        response = problem_response(HTTPStatus.TOO_MANY_REQUESTS, detail)
        response.headers["Retry-After"] = str(wait_seconds)
        return response
    readings = read(body, int(now.timestamp() * 1000))
    stored = _receiving.store(source, readings, _delivery(request, readings, body), now)
    return JsonResponse({"stored": stored.stored, "duplicates": stored.duplicates})


def _token_of(request: HttpRequest) -> ApiToken:
    """Raises Problem 401 or 403."""
    token: ApiToken | None = getattr(request, "token", None)
    if token is None:
        raise Problem(401, "Send a token with the scope metrics:write as Authorization: Bearer ahgd_....")
    scope = ApiToken.Scope.METRICS_WRITE.value
    if scope not in token.scopes:
        raise Problem(403, f"This token may not push samples: it lacks the scope {scope}.")
    if not token.owner.has_perm(PERMISSION):
        raise Problem(403, f"{token.owner.get_username()}, who owns the token, may not add samples.")
    return token


def _format(request: HttpRequest) -> Callable[[bytes, int], list[Reading]]:
    """Raises Problem 415."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "Send the body as it is, without Content-Encoding.")
    read = FORMATS.get(request.content_type or "")
    if read is None:
        raise Problem(415, f"Content-Type has to be one of {', '.join(FORMATS)}.")
    return read


def _body(request: HttpRequest) -> bytes:
    """Raises Problem 411 or 413, before the body is read."""
    length = request.META.get("CONTENT_LENGTH")
    if not length:
        raise Problem(411, "Say how long the body is, with Content-Length: one that comes in chunks is not read.")
    if not length.isdecimal() or int(length) > settings.CONFIG.push_max_kb * 1024:
        raise Problem(413, f"The body may have {settings.CONFIG.push_max_kb} KiB: send it in parts.")
    return request.body


def _delivery(request: HttpRequest, readings: list[Reading], body: bytes) -> Delivery:
    """Raises Problem 422, and BodyRefused for what contradicts itself."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > _LONGEST_KEY:
        raise Problem(422, f"Idempotency-Key may have {_LONGEST_KEY} characters.")
    if not key:
        refuse_contradictions(readings)
    return Delivery.of(key, body, readings)
