import json
import os
import subprocess
import sys
import threading

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.channels import PermanentFailure, Receipt, TransientFailure, kinds
from alerts.channels.base import Message, SettingsRefused
from alerts.channels.chat import ChatTransport, parts_for
from alerts.channels.chat_services import FIXED, HOSTED, PAGING, deduplicated
from tests.alerts.channels.peers import Talk, drips, hangs, peer
from tests.alerts.told import NOW, Somewhere, a_message, configure

TOPIC = "very-secret-topic"


@pytest.fixture
def ntfy(settings: Settings, httpserver: HTTPServer) -> str:
    """An address of ntfy on the local receiver, which is allowed."""
    host = f"127.0.0.1:{httpserver.port}"
    configure(settings, chat_allow=(host,))
    return f"ntfy://{host}/{TOPIC}"


def send(secret: str, message: Message | None = None) -> Receipt:
    return kinds.send(Somewhere("chat", {}, secret), message or a_message())


def test_a_message_reaches_a_service_that_takes_a_host(httpserver: HTTPServer, ntfy: str) -> None:
    httpserver.expect_request("/").respond_with_json({"id": "1"})
    assert send(ntfy) == Receipt("ntfy accepted it")
    told = json.loads(httpserver.log[0][0].get_data())
    assert told["topic"] == TOPIC
    assert told["title"] == "[High] high_cpu_usage: cpu_usage_percent{instance=web}"
    assert "CPU is at 93.5 %" in told["message"]
    assert "http://localhost:8503/ops/alerts/7/" in told["message"]


def test_a_recovery_is_told_as_one(settings: Settings, httpserver: HTTPServer) -> None:
    configure(settings, chat_allow=(f"127.0.0.1:{httpserver.port}",))
    httpserver.expect_request("/hook").respond_with_data("ok")
    send(f"json://127.0.0.1:{httpserver.port}/hook", a_message(kind="resolved", resolved_at=NOW, reason="calm"))
    told = json.loads(httpserver.log[0][0].get_data())
    assert told["type"] == "success"
    assert told["title"].startswith("[Resolved]")


@pytest.mark.parametrize(
    ("status", "failure"),
    [(404, PermanentFailure), (401, PermanentFailure), (429, TransientFailure), (503, TransientFailure)],
)
def test_a_refusal_is_permanent_or_not_by_its_status_and_names_no_token(
    httpserver: HTTPServer, ntfy: str, status: int, failure: type[Exception]
) -> None:
    httpserver.expect_request("/").respond_with_data("no", status=status)
    with pytest.raises(failure, match=f"error={status}") as refused:
        send(ntfy)
    assert TOPIC not in str(refused.value)


@pytest.mark.parametrize("talk", [hangs, drips])
def test_a_service_that_never_answers_is_given_up_in_time(settings: Settings, talk: Talk) -> None:
    with peer(talk) as port:
        configure(settings, send_seconds=1, chat_allow=(f"127.0.0.1:{port}",))
        with pytest.raises(TransientFailure, match=r"no answer within 1 s"):
            send(f"ntfy://127.0.0.1:{port}/{TOPIC}")


def test_a_redirect_is_not_followed(httpserver: HTTPServer, ntfy: str) -> None:
    httpserver.expect_request("/").respond_with_data("", status=307, headers={"Location": "/elsewhere"})
    httpserver.expect_request("/elsewhere").respond_with_json({})
    with pytest.raises(TransientFailure):
        send(ntfy)
    assert [request.path for request, _ in httpserver.log] == ["/"]


def test_the_sending_process_has_none_of_our_secrets(
    httpserver: HTTPServer, ntfy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AHGD_SECRET_KEY", "k" * 40)
    came, seen = threading.Event(), list[str]()

    def look(request: Request) -> Response:
        for pid in children():
            with open(f"/proc/{pid}/environ") as environ, open(f"/proc/{pid}/cmdline") as command:
                seen.append(environ.read() + command.read())
        came.set()
        return Response("{}")

    httpserver.expect_request("/").respond_with_handler(look)
    send(ntfy)
    assert came.is_set()
    assert any("chat_sender" in one for one in seen)
    assert not any("AHGD_SECRET_KEY" in one or TOPIC in one for one in seen if "chat_sender" in one)


def children() -> list[str]:
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return file.read().split()


@pytest.mark.parametrize(
    "address",
    ["slack://T/B/C/#ops", "pagerduty://key@api", "discord://1/2", "tgram://bot/chat", "ntfy://topic", "ntfys://ntfy.sh/topic",
     "workflows://prod.westus.logic.azure.com/flow/sign"],
)  # fmt: skip
def test_a_service_at_an_address_of_its_own_is_accepted(address: str) -> None:
    ChatTransport().check_secret(address)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mailto://kim:pw@example.com", "has to start with one of"),
        ("file:///etc/passwd", "has to start with one of"),
        ("syslog://", "has to start with one of"),
        ("macosx://", "has to start with one of"),
        ("https://example.com/hook", "has to start with one of"),
        ("json://127.0.0.1/", "AHGD_CHAT_ALLOW"),
        ("json://example.com/", "AHGD_CHAT_ALLOW"),
        ("ntfy://192.168.0.1/topic", "AHGD_CHAT_ALLOW"),
        ("ntfy://user@localhost/topic", "AHGD_CHAT_ALLOW"),
        ("gotify://[::1]/token", "AHGD_CHAT_ALLOW"),
        ("workflows://logic.azure.com.example.org/flow/sign", "AHGD_CHAT_ALLOW"),
        ("slack://T/B/C?template=/etc/passwd", "'template' is not allowed"),
        ("slack://T/B/C?verify=no", "'verify' is not allowed"),
        ("ntfy://topic?mode=private", "'mode' is not allowed"),
        ("ntfy://[::1/topic", "cannot be read"),
    ],
)
def test_an_address_that_could_reach_elsewhere_is_refused(address: str, says: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        ChatTransport().check_secret(address)
    assert says in str(refused.value)


def test_a_host_is_allowed_by_its_name_and_port(settings: Settings) -> None:
    configure(settings, chat_allow=("Gotify.example.org:8443",))
    ChatTransport().check_secret("gotifys://gotify.example.org:8443/token")
    with pytest.raises(SettingsRefused):
        ChatTransport().check_secret("gotifys://gotify.example.org/token")


def test_without_an_address_it_says_where_it_belongs() -> None:
    with pytest.raises(PermanentFailure, match="as the secret"):
        send("")


def test_an_address_that_the_service_cannot_use_needs_a_person() -> None:
    with pytest.raises(PermanentFailure, match="cannot use this slack address"):
        send("slack://x")


def test_a_paging_service_knows_firing_and_end_by_the_instance() -> None:
    key = a_message().instance_key
    assert deduplicated("pagerduty", "pagerduty://i@a", key) == f"pagerduty://i@a?action=map&dedup={key}"
    assert deduplicated("opsgenie", "opsgenie://k?region=eu", key) == f"opsgenie://k?region=eu&alias={key}"
    assert deduplicated("slack", "slack://T/B/C", key) == "slack://T/B/C"


def test_a_paging_service_is_told_of_each_alert_by_itself_and_others_of_all_at_once() -> None:
    fires, ends = a_message(), a_message(fingerprint="db", kind="resolved", resolved_at=NOW)
    both = a_message(subject="web and 1 more", members=(fires, ends))
    assert parts_for(both, "pagerduty") == parts_for(both, "opsgenie") == (fires, ends)
    assert parts_for(both, "slack") == (both,)
    assert parts_for(fires, "pagerduty") == (fires,)


def test_several_alerts_are_several_events_and_one_refusal_is_a_failure(
    settings: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(settings, chat_allow=(f"127.0.0.1:{httpserver.port}",))
    monkeypatch.setitem(PAGING, "json", "severity={}")  # a service at an address of ours plays one that pages
    status_of_ends = [200]
    httpserver.expect_request("/hook").respond_with_handler(
        lambda request: Response(status=status_of_ends[0] if request.get_json()["type"] == "success" else 200)
    )
    both = a_message(members=(a_message(), a_message(fingerprint="db", kind="resolved", resolved_at=NOW)))
    send(f"json://127.0.0.1:{httpserver.port}/hook", both)
    assert sorted(request.get_json()["type"] for request, _ in httpserver.log) == ["failure", "success"]

    status_of_ends[0] = 503
    with pytest.raises(TransientFailure, match="error=503"):
        send(f"json://127.0.0.1:{httpserver.port}/hook", both)


def test_every_service_is_one_that_apprise_has() -> None:
    listing = "import apprise; print(*(name for one in apprise.Apprise().details(show_disabled=True)['schemas']"
    listing += " for name in (*(one['protocols'] or ()), *(one['secure_protocols'] or ()))))"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) >= FIXED | HOSTED
