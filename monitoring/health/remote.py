"""Checks of what is reached over the network: HTTP, TCP, certificates. A target that does not answer is critical.

They follow no redirects, send no credentials, and keep to their limit in whole, also of a peer that drips.
"""

import http.client
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from cryptography import x509
from django.conf import settings

from monitoring import targets
from monitoring.deadline import Address, Deadline
from monitoring.health.base import Check
from monitoring.health.reasons import reason
from monitoring.health.status import Finding, against
from monitoring.health.statuses import is_expected
from monitoring.models import Status
from monitoring.targets import TargetRefused, Url

STREAMLIT_PATH = "/_stcore/health"
_MOST_BODY_BYTES = 256 * 1024
_OWN_SHARE = 0.9  # of the limit, so that the check says itself that there was no answer


@dataclass
class Http(Check):
    """One GET. Critical unless it is answered with one of ``statuses`` and a body that has ``text``, or too late."""

    name: ClassVar[str] = "http"
    url: str = field(default="", repr=False)  # its query may hold a token
    statuses: str = "200-299"
    text: str = ""
    warning_ms: float = 1000
    critical_ms: float = 4000
    timeout: timedelta = timedelta(seconds=5)

    def find(self, now: datetime) -> Finding:
        return _within(self.timeout, self._look)

    def target(self) -> tuple[Url, bool]:
        """What to ask, and whether it comes from the environment. Raises TargetRefused."""
        return Url.parse(self.url), False

    def _look(self, deadline: Deadline) -> Finding:
        url, is_trusted = self.target()
        addresses = targets.find(url.host, url.port, deadline, is_trusted=is_trusted)
        began = time.monotonic()
        status, line, body = _get(url, addresses, deadline, _MOST_BODY_BYTES if self.text else 0)
        took_ms = (time.monotonic() - began) * 1000
        facts = {"status_code": status, "response_ms": round(took_ms, 2)}
        if not is_expected(status, self.statuses):
            return Finding(Status.CRITICAL, f"{url} answers {line}, expected {self.statuses}", facts)
        if self.text and self.text not in body:
            return Finding(Status.CRITICAL, f"{url} answers {line}, but without the expected text", facts)
        judged = against(took_ms, self.warning_ms, self.critical_ms)
        return Finding(judged, f"{url} answers {line} in {took_ms:.0f} ms", facts)


@dataclass
class Application(Http):
    """The watched application, at ``AHGD_APPLICATION_URL``: an address without a path is taken for Streamlit's."""

    name: ClassVar[str] = "application"

    @property
    def is_enabled(self) -> bool:
        return bool(settings.CONFIG.application_url)

    def target(self) -> tuple[Url, bool]:
        url = settings.CONFIG.application_url.rstrip("/")
        return Url.parse(url + STREAMLIT_PATH if url.count("/") == 2 else settings.CONFIG.application_url), True


@dataclass
class Tcp(Check):
    """Whether a connection can be made."""

    name: ClassVar[str] = "tcp"
    address: str = ""
    warning_ms: float = 1000
    critical_ms: float = 4000
    timeout: timedelta = timedelta(seconds=5)

    def find(self, now: datetime) -> Finding:
        return _within(self.timeout, self._look)

    def _look(self, deadline: Deadline) -> Finding:
        host, port = targets.parse_host_and_port(self.address)
        addresses = targets.find(host, port, deadline)
        began = time.monotonic()
        deadline.connect(addresses).close()
        took_ms = (time.monotonic() - began) * 1000
        text = f"{targets.bracketed(host)}:{port} connects in {took_ms:.0f} ms"
        return Finding(against(took_ms, self.warning_ms, self.critical_ms), text, {"connect_ms": round(took_ms, 2)})


@dataclass
class Certificate(Check):
    """How long the certificate of a TLS server is valid yet; at its name and issuer it does not look."""

    name: ClassVar[str] = "certificate"
    limits_fall: ClassVar[bool] = True
    address: str = ""
    warning_days: float = 21
    critical_days: float = 7
    timeout: timedelta = timedelta(seconds=5)

    def find(self, now: datetime) -> Finding:
        return _within(self.timeout, lambda deadline: self._look(deadline, now))

    def target(self) -> tuple[str, int, bool]:
        """Host and port, and whether they come from the environment. Raises TargetRefused."""
        return *targets.parse_host_and_port(self.address, 443), False

    def _look(self, deadline: Deadline, now: datetime) -> Finding:
        host, port, is_trusted = self.target()
        addresses = targets.find(host, port, deadline, is_trusted=is_trusted)
        ends_at = _certificate(host, addresses, deadline).not_valid_after_utc
        days = (ends_at - now).total_seconds() / 86400
        facts = {"days": round(days, 1), "valid_until": ends_at.isoformat()}
        said = f"the certificate of {targets.bracketed(host)}:{port}, on {ends_at:%Y-%m-%d %H:%M} UTC"
        if days <= 0:
            return Finding(Status.CRITICAL, f"Expired: {said}", facts)
        status = against(-days, -self.warning_days, -self.critical_days)
        return Finding(status, f"Expires in {days:.0f} days: {said}", facts)


@dataclass
class OwnCertificate(Certificate):
    """The certificate under which people reach the console, at ``AHGD_PUBLIC_URL``."""

    name: ClassVar[str] = "own_certificate"

    @property
    def is_enabled(self) -> bool:
        return bool(settings.CONFIG.serves_tls)

    def target(self) -> tuple[str, int, bool]:
        url = Url.parse(settings.CONFIG.public_url)
        return url.host, url.port, True


def _within(timeout: timedelta, look: Callable[[Deadline], Finding]) -> Finding:
    """What ``look`` finds; nothing known of a target that is refused, critical when it does not answer in time."""
    with Deadline(timeout.total_seconds() * _OWN_SHARE) as deadline:
        try:
            found = look(deadline)
            deadline.remaining_seconds()  # a head that the end of the time cut off reads like a whole one
            return found
        except TargetRefused as refused:
            return Finding(Status.UNKNOWN, str(refused))
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.has_passed:
                return Finding(Status.CRITICAL, f"No answer within {deadline.seconds:g} s")
            said = error.strerror if isinstance(error, OSError) and error.strerror else reason(error)
            return Finding(Status.CRITICAL, f"Unreachable: {said}")


class _Connection(http.client.HTTPConnection):
    """Connects to the addresses that were checked, whatever the name resolves to by then."""

    def __init__(self, url: Url, addresses: list[Address], deadline: Deadline) -> None:
        super().__init__(url.host, url.port)
        self.default_port = targets.DEFAULT_PORTS[
            url.scheme
        ]  # known before the head is written: it leaves out this one
        self._url, self._addresses, self._deadline = url, addresses, deadline

    def connect(self) -> None:
        self.sock = self._deadline.connect(self._addresses)
        if self._url.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._url.host)


def _get(url: Url, addresses: list[Address], deadline: Deadline, most_bytes: int) -> tuple[int, str, str]:
    """Status code, status line, and the start of the body."""
    connection = _Connection(url, addresses, deadline)
    try:
        connection.request("GET", url.request_target, headers={"User-Agent": "ahgd-ops", "Connection": "close"})
        with connection.getresponse() as response:
            body = response.read(most_bytes).decode(errors="replace") if most_bytes else ""
            return response.status, f"{response.status} {response.reason}".strip(), body
    finally:
        connection.close()


def _certificate(host: str, addresses: list[Address], deadline: Deadline) -> x509.Certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # one that has expired has to be read, too
    with deadline.connect(addresses) as plain, context.wrap_socket(plain, server_hostname=host) as connection:
        encoded = connection.getpeercert(binary_form=True)
    if encoded is None:
        raise ConnectionError("the server shows no certificate")
    return x509.load_der_x509_certificate(encoded)
