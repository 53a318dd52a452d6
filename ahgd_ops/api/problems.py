"""Every "no" as problem JSON (RFC 9457): what went wrong, what to do, and the fields that are to blame."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from ahgd_ops.api.answers import problem_response
from alerts.api.problems import Fault, Problem

_NOT_SIGNED_IN = "Send a token of the API as Authorization: Bearer ahgd_..., or sign in."


def install(api: NinjaAPI) -> None:
    """Gives ``api`` these answers in the place of its own."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Problem: lambda request, problem: problem_response(problem.status, problem.detail, problem.errors),
        ValidationError: lambda request, error: _unprocessable(error),
        AuthenticationError: lambda request, error: problem_response(401, _NOT_SIGNED_IN),
        HttpError: lambda request, error: problem_response(error.status_code, str(error)),
        Http404: lambda request, error: nothing_here(request),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def nothing_here(request: HttpRequest) -> HttpResponse:
    return problem_response(404, "There is nothing at this address; /api/v1/openapi.json lists what there is.")


def _unprocessable(error: ValidationError) -> HttpResponse:
    faults = [Fault(_field(one["loc"]), str(one["msg"])) for one in error.errors]
    named = ", ".join(dict.fromkeys(fault.field for fault in faults))
    return problem_response(422, f"Put right what errors says of: {named}.", faults)


def _field(place: tuple[Any, ...]) -> str:
    """``note`` of ``("body", "body", "note")``: the name people wrote, with the place in a list where there is one."""
    where, *names = place
    inner = names[1:] if len(names) > 1 and isinstance(names[1], str) else names
    return ".".join(map(str, inner)) or str(where)
