import base64
import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from alerts.channels import kinds
from alerts.channels.base import Message, PermanentFailure, Receipt, SettingsRefused, TransientFailure
from alerts.channels.webhook import WebhookTransport, payload
from tests.alerts.channels.certificates import self_signed
from tests.alerts.channels.peers import Talk, closes_early, drips, drips_body, floods, hangs, peer
from tests.alerts.told import LOOPBACK, NOW, Somewhere, a_message, configure

TOKEN = "T0000000/B0000000/very-secret-token"
SECRET = "whsec_" + base64.b64encode(b"a" * 24).decode()
NEW_SECRET = "whsec_" + base64.b64encode(b"b" * 32).decode()


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Settings) -> None:
    configure(settings, webhook_allow=LOOPBACK, send_seconds=5)


def send(url: str, message: Message | None = None, secret: str = "") -> Receipt:
    return kinds.send(Somewhere("webhook", {"url": url}, secret), message or a_message())


def test_an_accepted_message_gives_what_the_receiver_said(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/hook", method="POST").respond_with_data("queued", status=202)

    assert send(httpserver.url_for("/hook")) == Receipt("202 ACCEPTED: queued")


def test_the_body_is_one_that_receivers_of_alertmanager_read(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/").respond_with_data("")
    send(httpserver.url_for("/"))
    request = httpserver.log[0][0]
    body = request.get_json()

    assert request.content_type == "application/json"
    assert body["version"] == "4"
    assert (body["status"], body["receiver"], body["truncatedAlerts"]) == ("firing", "ops", 0)
    assert body["groupKey"] == '{}:{alertname="high_cpu_usage"}'
    assert body["groupLabels"] == {"alertname": "high_cpu_usage"}
    (alert,) = body["alerts"]
    assert alert["labels"] == {"alertname": "high_cpu_usage", "severity": "high", "instance": "web"}
    assert alert["annotations"] == {"summary": "CPU is at 93.5 %", "description": "The machine is busy."}
    assert datetime.fromisoformat(alert["startsAt"]) == NOW - timedelta(minutes=2)
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert alert["generatorURL"].endswith("/ops/alerts/7/")


def test_the_body_holds_our_own_fields_beside_them() -> None:
    ours = payload(a_message())["ahgd"]

    assert ours["delivery_id"] == a_message().delivery_id
    assert (ours["rule"], ours["severity"], ours["value"]) == ("high_cpu_usage", "high", 93.5)


def test_firing_and_resolve_of_an_instance_share_their_fingerprint_and_differ_in_status() -> None:
    firing = payload(a_message())["alerts"][0]
    resolved = payload(a_message(kind="resolved", resolved_at=NOW))["alerts"][0]

    assert firing["fingerprint"] == resolved["fingerprint"]
    assert (resolved["status"], resolved["endsAt"]) == ("resolved", NOW.isoformat())
    assert firing["fingerprint"] != payload(a_message(fingerprint="other"))["alerts"][0]["fingerprint"]


def test_a_message_is_signed_as_standard_webhooks_say(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/").respond_with_data("")
    send(httpserver.url_for("/"), a_message(attempted_at=datetime.now(UTC)), SECRET)
    request = httpserver.log[0][0]

    assert request.headers["webhook-id"] == a_message().delivery_id
    assert Verifier(SECRET).verify(request.get_data(), dict(request.headers)) == request.get_json()
    with pytest.raises(WebhookVerificationError):
        Verifier(NEW_SECRET).verify(request.get_data(), dict(request.headers))


def test_while_a_secret_changes_either_one_verifies(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/").respond_with_data("")
    send(httpserver.url_for("/"), a_message(attempted_at=datetime.now(UTC)), f"{SECRET} {NEW_SECRET}")
    request = httpserver.log[0][0]

    for secret in (SECRET, NEW_SECRET):
        Verifier(secret).verify(request.get_data(), dict(request.headers))


def test_without_a_secret_there_is_no_signature_but_the_delivery_id(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/").respond_with_data("")
    send(httpserver.url_for("/"))

    assert "webhook-signature" not in httpserver.log[0][0].headers
    assert httpserver.log[0][0].headers["webhook-id"] == a_message().delivery_id


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 301, 302, 307])
def test_a_refusal_is_permanent(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/").respond_with_data("no", status=status, headers={"Location": "/elsewhere"})

    with pytest.raises(PermanentFailure, match=str(status)):
        send(httpserver.url_for("/"))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_trouble_of_the_receiver_may_pass(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/").respond_with_data("later", status=status)

    with pytest.raises(TransientFailure, match=f"{status} .*: later"):
        send(httpserver.url_for("/"))


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("", status=307, headers={"Location": "/elsewhere"})
    httpserver.expect_request("/elsewhere").respond_with_data("")

    with pytest.raises(PermanentFailure, match="enter the final address"):
        send(httpserver.url_for("/"))
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("Wed, 04 Mar 2026 05:07:07 GMT", 60),
        ("Wed, 04 Mar 2026 05:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    httpserver: HTTPServer, retry_after: str | None, seconds: float | None
) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    httpserver.expect_request("/").respond_with_data("", status=429, headers=headers)

    with pytest.raises(TransientFailure) as failure:
        send(httpserver.url_for("/"))
    assert failure.value.retry_after_seconds == seconds


@pytest.mark.parametrize("talk", [hangs, drips])
def test_one_limit_holds_for_the_whole_attempt(settings: Settings, talk: Talk) -> None:
    configure(settings, send_seconds=0.3)
    with peer(talk) as port, pytest.raises(TransientFailure, match=r"no answer within 0\.3 s"):
        send(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("talk", [drips_body, floods])
def test_an_accepted_message_stays_accepted_though_its_answer_never_ends(talk: Talk) -> None:
    with peer(talk) as port:
        assert send(f"http://127.0.0.1:{port}/").answer.startswith("200 OK: x")


def test_a_receiver_that_hangs_up_may_do_better_later() -> None:
    with peer(closes_early) as port, pytest.raises(TransientFailure, match=r"http://127\.0\.0\.1/…"):
        send(f"http://127.0.0.1:{port}/")


def test_nobody_listening_may_pass() -> None:
    with peer(hangs) as port:
        pass
    with pytest.raises(TransientFailure, match="Connection refused"):
        send(f"http://127.0.0.1:{port}/{TOKEN}")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid"])
def test_an_unknown_host_may_pass(host: str) -> None:
    with pytest.raises(TransientFailure, match=f"https://{host}/…"):
        send(f"https://{host}/")


def test_a_look_up_that_hangs_is_within_the_limit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    over, resolver = threading.Event(), socket.getaddrinfo

    def hang(host: str, port: int, **options: int) -> object:
        if host == "slow.example" and not options["flags"]:  # with them, nothing is asked of a name server
            over.wait()
        return resolver(host, port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    configure(settings, send_seconds=0.3)
    with pytest.raises(TransientFailure, match=r"no answer within 0\.3 s"):
        send("https://slow.example/")
    over.set()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433"])
def test_an_address_that_is_not_public_is_never_connected_to(
    settings: Settings, httpserver: HTTPServer, host: str
) -> None:
    configure(settings, webhook_allow=())

    with pytest.raises(PermanentFailure, match="not a public address"):
        send(f"http://{host}:{httpserver.port}/")
    assert httpserver.log == []


def test_an_address_out_of_the_environment_may_be_private(settings: Settings, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("ok")
    configure(settings, webhook_allow=(), alert_webhook_urls=(httpserver.url_for("/"),))

    assert send(httpserver.url_for("/")).answer == "200 OK: ok"


@pytest.mark.parametrize("status", [200, 404, 500])
def test_no_token_of_the_address_is_repeated(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request(f"/{TOKEN}").respond_with_data(f"POST /{TOKEN}", status=status)

    try:
        said = send(httpserver.url_for(f"/{TOKEN}")).answer
    except (PermanentFailure, TransientFailure) as failure:
        said = failure.reason
    assert "POST" in said
    assert "secret" not in said


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_tls_verifies_the_name_though_the_checked_address_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    certificate = self_signed(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    with HTTPServer(host="127.0.0.1", port=0, ssl_context=server_side) as server:
        server.expect_request("/").respond_with_data("ok")
        url = f"https://{name}:{server.port}/"
        if name == "localhost":
            assert send(url).answer == "200 OK: ok"
        else:
            with pytest.raises(TransientFailure, match="certificate"):
                send(url)


@pytest.mark.parametrize("settings_", [{}, {"url": ""}, {"url": 5}, {"url": "example.com/hook"}])
def test_settings_without_a_usable_address_are_refused(settings_: dict[str, object]) -> None:
    with pytest.raises(SettingsRefused, match=r"https://"):
        WebhookTransport().check(settings_)


@pytest.mark.parametrize("secret", ["password", "whsec_", "whsec_YWJj", f"{SECRET} nonsense", "whsec_" + "A" * 100])
def test_a_secret_that_cannot_sign_is_refused(secret: str) -> None:
    with pytest.raises(SettingsRefused, match="whsec_"):
        WebhookTransport().check_secret(secret)


def test_the_body_is_plain_json() -> None:
    assert json.loads(json.dumps(payload(a_message()), allow_nan=False)) == payload(a_message())


def test_the_address_that_was_checked_is_connected_to_whatever_the_name_says_next(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first look-up gives what is allowed, each later one what is not."""
    httpserver.expect_request("/").respond_with_data("ok")
    configure(settings, webhook_allow=("127.0.0.1",))
    asked: list[str] = []

    def rebind(host: str, port: int, **options: int) -> list[object]:
        if options["flags"]:
            raise socket.gaierror
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.66"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    assert send(f"http://rebinding.example:{httpserver.port}/").answer == "200 OK: ok"
    assert asked == ["rebinding.example"]
    with pytest.raises(PermanentFailure, match=r"127\.0\.0\.66"):
        send(f"http://rebinding.example:{httpserver.port}/")
    assert len(httpserver.log) == 1
