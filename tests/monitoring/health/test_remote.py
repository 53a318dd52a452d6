import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket
from threading import Event

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Response

from monitoring.deadline import Deadline
from monitoring.health.remote import Application, Certificate, Http, OwnCertificate, Tcp, _Connection
from monitoring.health.status import Finding
from monitoring.models import Status
from monitoring.targets import Url
from tests.alerts.channels.certificates import self_signed
from tests.alerts.channels.peers import closes_early, drips, drips_body, hangs, peer
from tests.servers import free_port

LONG = timedelta(seconds=60)
SHORT = timedelta(seconds=0.3)
NO_LIMITS = {"warning_ms": 1e6, "critical_ms": 1e6}


def now() -> datetime:
    return datetime.now(UTC)


def http(url: str, **options: object) -> Finding:
    fields: dict[str, object] = {"timeout": LONG, **NO_LIMITS, **options}
    return Http(url=url, **fields).find(now())


def test_an_answer_that_is_expected_is_healthy(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/ok").respond_with_data("all fine")
    finding = http(httpserver.url_for("/ok"), text="fine")
    assert finding.status is Status.HEALTHY
    assert finding.metadata["status_code"] == 200


def test_another_status_is_critical_and_told(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/down").respond_with_response(Response(status=503))
    finding = http(httpserver.url_for("/down"))
    assert finding.status is Status.CRITICAL
    assert "503 SERVICE UNAVAILABLE, expected 200-299" in finding.message


def test_a_body_without_the_expected_text_is_critical(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/ok").respond_with_data("all fine")
    assert http(httpserver.url_for("/ok"), text="excellent").status is Status.CRITICAL


def test_a_slow_answer_is_a_warning(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/ok").respond_with_data("")
    assert http(httpserver.url_for("/ok"), warning_ms=0).status is Status.WARNING


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/here").respond_with_response(Response(status=302, headers={"Location": "/there"}))
    assert http(httpserver.url_for("/here"), statuses="302").status is Status.HEALTHY
    assert [request.path for request, _ in httpserver.log] == ["/here"]


def test_the_query_is_sent_and_never_shown(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/ok", query_string="token=hunter2").respond_with_data("")
    check = Http(url=httpserver.url_for("/ok?token=hunter2"), timeout=LONG, **NO_LIMITS)
    finding = check.find(now())
    assert finding.status is Status.HEALTHY
    assert "hunter2" not in finding.message + repr(check)


def test_nobody_there_is_critical() -> None:
    finding = http(f"http://127.0.0.1:{free_port()}/")
    assert (finding.status, finding.message) == (Status.CRITICAL, "Unreachable: Connection refused")


@pytest.mark.parametrize("talk", [hangs, drips, drips_body])
def test_a_peer_that_never_ends_its_answer_is_critical_when_the_limit_is_over(talk: object) -> None:
    with peer(talk) as port:
        finding = http(f"http://127.0.0.1:{port}/", text="x" * 9, timeout=SHORT)
    assert finding.status is Status.CRITICAL
    assert finding.message == "No answer within 0.27 s"


def test_a_peer_that_hangs_up_is_critical() -> None:
    with peer(closes_early) as port:
        assert http(f"http://127.0.0.1:{port}/").status is Status.CRITICAL


def test_a_target_that_is_not_allowed_is_refused_before_it_is_connected_to(settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, target_allow=("10.0.0.0/8",))
    finding = http("http://127.0.0.1:9/")
    assert finding.status is Status.UNKNOWN
    assert "AHGD_TARGET_ALLOW" in finding.message


@pytest.mark.parametrize(("path", "asked"), [("", "/_stcore/health"), ("/", "/_stcore/health"), ("/ping", "/ping")])
def test_the_application_is_asked_at_its_address_or_where_streamlit_answers(
    httpserver: HTTPServer, settings: Settings, path: str, asked: str
) -> None:
    httpserver.expect_request(asked).respond_with_data("ok")
    address = httpserver.url_for("/").rstrip("/") + path
    settings.CONFIG = replace(settings.CONFIG, application_url=address, target_allow=())
    check = Application(timeout=LONG, **NO_LIMITS)
    assert check.is_enabled
    assert check.find(now()).status is Status.HEALTHY


def test_without_an_address_there_is_no_application_to_check() -> None:
    assert not Application().is_enabled


def test_a_port_that_takes_connections_is_healthy() -> None:
    with peer(hangs) as port:
        finding = Tcp(address=f"127.0.0.1:{port}", timeout=LONG, **NO_LIMITS).find(now())
    assert finding.status is Status.HEALTHY
    assert finding.metadata["connect_ms"] >= 0


def test_a_port_where_nobody_listens_is_critical() -> None:
    assert Tcp(address=f"127.0.0.1:{free_port()}", timeout=LONG).find(now()).status is Status.CRITICAL


@contextmanager
def tls_server(directory: Path) -> Iterator[int]:
    """Shows a certificate that is valid for one day yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(directory, "localhost"))

    def shake_hands(connection: socket, over: Event) -> None:
        connection.settimeout(30)
        with context.wrap_socket(connection, server_side=True):
            over.wait()

    with peer(shake_hands) as port:
        yield port


@pytest.mark.parametrize(
    ("limits", "status"),
    [((0.1, 0.01), Status.HEALTHY), ((2, 0.5), Status.WARNING), ((21, 7), Status.CRITICAL)],
)
def test_a_certificate_is_judged_by_the_days_it_has_left(
    tmp_path: Path, limits: tuple[float, float], status: Status
) -> None:
    with tls_server(tmp_path) as port:
        check = Certificate(f"127.0.0.1:{port}", *limits, timeout=LONG)
        finding = check.find(now())
    assert finding.status is status
    assert finding.metadata["days"] == pytest.approx(1, abs=0.1)


def test_a_certificate_that_has_expired_is_read_and_critical(tmp_path: Path) -> None:
    with tls_server(tmp_path) as port:
        finding = Certificate(f"127.0.0.1:{port}", timeout=LONG).find(now() + timedelta(days=3))
    assert finding.status is Status.CRITICAL
    assert finding.message.startswith("Expired: the certificate of 127.0.0.1")


def test_a_server_without_tls_is_critical() -> None:
    with peer(closes_early) as port:
        assert Certificate(f"127.0.0.1:{port}", timeout=LONG).find(now()).status is Status.CRITICAL


def test_the_consoles_own_certificate_is_looked_at_when_it_has_one(tmp_path: Path, settings: Settings) -> None:
    assert not OwnCertificate().is_enabled
    with tls_server(tmp_path) as port:
        settings.CONFIG = replace(settings.CONFIG, public_url=f"https://127.0.0.1:{port}", target_allow=())
        check = OwnCertificate(timeout=LONG)
        assert check.is_enabled
        assert check.find(now()).status is Status.CRITICAL  # one day left


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.org/", "example.org"),
        ("http://example.org/", "example.org"),
        ("https://[::1]:8443/", "[::1]:8443"),
    ],
)
def test_the_host_is_named_without_the_port_of_its_scheme(url: str, host: str) -> None:
    with Deadline(60) as deadline:
        connection = _Connection(Url.parse(url), [], deadline)
        connection.putrequest("GET", "/")
        assert f"Host: {host}".encode() in connection._buffer
