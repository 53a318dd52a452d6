import logging

import pytest

from alerts.channels.log import LogTransport
from tests.alerts.told import NOW, a_message


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("low", logging.WARNING),
        ("medium", logging.WARNING),
        ("high", logging.ERROR),
        ("critical", logging.CRITICAL),
    ],
)
def test_the_level_follows_the_severity(caplog: pytest.LogCaptureFixture, severity: str, level: int) -> None:
    LogTransport().send(a_message(severity=severity), {}, "")

    assert [(record.name, record.levelno) for record in caplog.records] == [("ahgd_ops.alerts", level)]


def test_a_recovery_is_information(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ahgd_ops.alerts")
    LogTransport().send(a_message(kind="resolved", resolved_at=NOW), {}, "")

    assert caplog.records[0].levelno == logging.INFO


def test_a_message_is_one_line_whatever_its_facts_hold(caplog: pytest.LogCaptureFixture) -> None:
    LogTransport().send(a_message(subject="a\nCRITICAL forged", summary="b\r\n\x1b[31mred"), {}, "")

    text = caplog.records[0].getMessage()
    assert "forged" in text
    assert text.isprintable()
