"""Answers probes before anything else can refuse them, and measures the other requests."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase

from monitoring import automatic
from monitoring.views import probes


class ProbeMiddleware:
    """Has to stand first: a probe carries a pod's address as Host and comes over plain HTTP, so it may meet neither the
    check of the host nor the redirect to TLS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = probes.answer(request)
        return self.get_response(request) if answer is None else answer


class RequestMiddleware:
    """How long each page takes, by the name of its address; which answers it gives; which queries it repeats."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.CONFIG.enable_performance_monitoring:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        with automatic.executions.within("") as scope:
            response = self.get_response(request)
            scope.where = page = page_of(request)
        automatic.took("page_load_duration_seconds", "application", perf_counter() - began, page=page)
        status = f"{response.status_code // 100}xx"
        automatic.count("page_requests_total", "application", page=page, method=_method(request), status=status)
        if response.status_code >= 500:
            automatic.count("page_errors_total", "application", page=page)
        return response


def page_of(request: HttpRequest) -> str:
    """The name of the address, such as ``admin:index``, or its pattern; ``none`` when nothing matched."""
    match = request.resolver_match
    return "none" if match is None else match.view_name or match.route or "/"


def _method(request: HttpRequest) -> str:
    return request.method if request.method in _METHODS else "other"


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
