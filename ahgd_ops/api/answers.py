"""The one shape of a "no" to a program: problem JSON (RFC 9457). Needs no library: the middleware uses it, too."""

from collections.abc import Iterable
from http import HTTPStatus

from django.http import HttpResponse, JsonResponse

from alerts.api.problems import Fault

MEDIA_TYPE = "application/problem+json"


def problem_response(status: int, detail: str, errors: Iterable[Fault] = ()) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [{"field": fault.field, "reason": fault.reason} for fault in errors],
    }
    response = JsonResponse(body, status=status, content_type=MEDIA_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="AHGD Ops"'
    return response
