"""Where people reach the console by https, everybody is sent there but those on the machine itself."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect

from ahgd_ops.access.proxies import is_local


class HttpsMiddleware:
    """Redirects what came over plain HTTP, in the place of ``SECURE_SSL_REDIRECT``, which knows no exception.

    A request made on this machine stays, as nothing answers https there: the first sign-in is one. Its cookies lose
    ``Secure``, or the browser would not send them back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.serves_tls = settings.CONFIG.serves_tls

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not self.serves_tls or request.is_secure():
            return self.get_response(request)
        if not is_local(request):
            return HttpResponsePermanentRedirect(f"https://{request.get_host()}{request.get_full_path()}")
        response = self.get_response(request)
        for cookie in response.cookies.values():
            cookie["secure"] = ""
        return response
