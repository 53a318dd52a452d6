"""Answers probes before anything else can refuse them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

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
