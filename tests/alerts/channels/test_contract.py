"""What every kind of channel has to do, whatever it is."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts.channels import PermanentFailure, Receipt, validate_settings
from alerts.channels.base import Transport
from alerts.channels.kinds import TRANSPORTS, transport
from tests.alerts.told import LOOPBACK, NOW, a_message, configure
from tests.mailbox import Mailbox

SECRETS = {
    "webhook": "whsec_" + "QUJD" * 8,
    "alertmanager": "kim:secret-1234567890",
    "chat": "json://HOST/secret-1234567890",
}
KINDS = [each.kind for each in TRANSPORTS]


@pytest.fixture(params=KINDS)
def each(request: pytest.FixtureRequest) -> Transport:
    return transport(request.param)


@pytest.fixture
def working(
    each: Transport, settings: Settings, tmp_path: Path, httpserver: HTTPServer, mailbox: Mailbox
) -> dict[str, Any]:
    """Settings with which the kind can send."""
    configure(settings, webhook_allow=LOOPBACK, chat_allow=(f"127.0.0.1:{httpserver.port}",))
    settings.STATE_DIR = tmp_path
    (tmp_path / "logs").mkdir()
    httpserver.expect_request("/hook").respond_with_data("ok")
    httpserver.expect_request("/api/v2/alerts").respond_with_data("ok")
    known: dict[str, dict[str, Any]] = {
        "log": {},
        "console": {},
        "file": {"path": "logs/alerts.log"},
        "email": {"recipients": ["kim@example.com"]},
        "webhook": {"url": httpserver.url_for("/hook")},
        "alertmanager": {"url": httpserver.url_for("/")},
        "chat": {},
    }
    return known[each.kind]


@pytest.fixture
def secret(each: Transport, httpserver: HTTPServer) -> str:
    """The secret of a kind that cannot send without one."""
    return f"json://127.0.0.1:{httpserver.port}/hook" if each.needs_secret else ""


def test_settings_that_work_are_valid(each: Transport, working: dict[str, Any]) -> None:
    validate_settings(each.kind, working)


@pytest.mark.parametrize("kind", ["firing", "resolved"])
def test_a_sent_message_gives_a_receipt_that_says_something(
    each: Transport, working: dict[str, Any], secret: str, kind: str
) -> None:
    receipt = each.send(a_message(kind=kind, resolved_at=NOW if kind == "resolved" else None), working, secret)

    assert isinstance(receipt, Receipt)
    assert receipt.answer
    assert not receipt.warning


def test_a_message_without_value_labels_or_texts_can_be_sent(
    each: Transport, working: dict[str, Any], secret: str
) -> None:
    each.send(a_message(value=None, labels={}, summary="", description="", alert_id=None), working, secret)


def test_a_message_about_several_alerts_can_be_sent(each: Transport, working: dict[str, Any], secret: str) -> None:
    parts = (
        a_message(),
        a_message(subject="db", fingerprint="db", alert_id=8, kind="resolved", resolved_at=NOW, reason="calm"),
    )

    assert each.send(a_message(subject="web and 1 more", value=None, members=parts), working, secret).answer


@pytest.mark.parametrize("hostile", ["line\r\nbreak\0\x1b[2J", "<script>{{ x }}</script>", "é\u202e🚨" * 500])
def test_hostile_facts_do_no_harm(each: Transport, working: dict[str, Any], secret: str, hostile: str) -> None:
    message = a_message(subject=hostile, rule=hostile, summary=hostile, reason=hostile, labels={"x": hostile})

    assert each.send(message, working, secret).answer


def test_the_same_message_can_be_sent_twice(each: Transport, working: dict[str, Any], secret: str) -> None:
    assert each.send(a_message(), working, secret) == each.send(a_message(), working, secret)


def test_a_setting_of_no_meaning_is_refused(each: Transport, working: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="is not a setting"):
        validate_settings(each.kind, working | {"zzz": 1})


def test_every_kind_that_takes_a_secret_keeps_it_in_the_test_below(each: Transport) -> None:
    assert each.takes_secret is (each.kind in SECRETS)


@pytest.mark.parametrize("kind", [each.kind for each in TRANSPORTS if each.takes_secret])
def test_a_secret_is_told_to_nobody_when_it_fails(
    settings: Settings, httpserver: HTTPServer, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    host = f"127.0.0.1:{httpserver.port}"
    configure(settings, webhook_allow=LOOPBACK, chat_allow=(host,))
    secret = SECRETS[kind].replace("HOST", host)
    said = "Authorization: secret-1234567890 " + secret
    httpserver.expect_request(re.compile(".*")).respond_with_data(said, status=400)
    given = {} if kind == "chat" else {"url": httpserver.url_for("/secret-1234567890")}

    with pytest.raises(PermanentFailure) as failure:
        transport(kind).send(a_message(), given, secret)
    ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("werkzeug"))
    assert "secret-1234567890" not in failure.value.reason + ours
