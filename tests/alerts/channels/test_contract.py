"""What every kind of channel has to do, whatever it is."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts.channels import Receipt, validate_settings
from alerts.channels.base import Transport
from alerts.channels.kinds import TRANSPORTS, transport
from tests.alerts.told import LOOPBACK, NOW, a_message, configure
from tests.mailbox import Mailbox

KINDS = [each.kind for each in TRANSPORTS]


@pytest.fixture(params=KINDS)
def each(request: pytest.FixtureRequest) -> Transport:
    return transport(request.param)


@pytest.fixture
def working(
    each: Transport, settings: Settings, tmp_path: Path, httpserver: HTTPServer, mailbox: Mailbox
) -> dict[str, Any]:
    """Settings with which the kind can send."""
    configure(settings, webhook_allow=LOOPBACK)
    settings.STATE_DIR = tmp_path
    (tmp_path / "logs").mkdir()
    httpserver.expect_request("/hook").respond_with_data("ok")
    known: dict[str, dict[str, Any]] = {
        "log": {},
        "console": {},
        "file": {"path": "logs/alerts.log"},
        "email": {"recipients": ["kim@example.com"]},
        "webhook": {"url": httpserver.url_for("/hook")},
    }
    return known[each.kind]


def test_settings_that_work_are_valid(each: Transport, working: dict[str, Any]) -> None:
    validate_settings(each.kind, working)


@pytest.mark.parametrize("kind", ["firing", "resolved"])
def test_a_sent_message_gives_a_receipt_that_says_something(
    each: Transport, working: dict[str, Any], kind: str
) -> None:
    receipt = each.send(a_message(kind=kind, resolved_at=NOW if kind == "resolved" else None), working, "")

    assert isinstance(receipt, Receipt)
    assert receipt.answer
    assert not receipt.warning


def test_a_message_without_value_labels_or_texts_can_be_sent(each: Transport, working: dict[str, Any]) -> None:
    each.send(a_message(value=None, labels={}, summary="", description="", alert_id=None), working, "")


@pytest.mark.parametrize("hostile", ["line\r\nbreak\0\x1b[2J", "<script>{{ x }}</script>", "é\u202e🚨" * 500])
def test_hostile_facts_do_no_harm(each: Transport, working: dict[str, Any], hostile: str) -> None:
    message = a_message(subject=hostile, rule=hostile, summary=hostile, reason=hostile, labels={"x": hostile})

    assert each.send(message, working, "").answer


def test_the_same_message_can_be_sent_twice(each: Transport, working: dict[str, Any]) -> None:
    assert each.send(a_message(), working, "") == each.send(a_message(), working, "")


def test_a_setting_of_no_meaning_is_refused(each: Transport, working: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="is not a setting"):
        validate_settings(each.kind, working | {"zzz": 1})
