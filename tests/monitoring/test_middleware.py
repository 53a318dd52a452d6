from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from monitoring.middleware import ProbeMiddleware


def console(request: HttpRequest) -> HttpResponse:
    return HttpResponse("console")


def test_it_stands_before_everything_else() -> None:
    assert settings.MIDDLEWARE[0] == "monitoring.middleware.ProbeMiddleware"


def test_a_probe_is_answered_and_anything_else_goes_on(rf: RequestFactory) -> None:
    middleware = ProbeMiddleware(console)
    assert middleware(rf.get("/health/live")).headers["Content-Type"] == "application/json"
    assert middleware(rf.get("/ops/")).getvalue() == b"console"  # type: ignore[attr-defined]  # of HttpResponse, which it is here
