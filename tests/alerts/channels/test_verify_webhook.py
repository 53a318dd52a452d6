"""The verifier of ``docs/how-to/verify-webhook.md``, run as it is written there."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from alerts.channels import kinds
from tests.alerts.told import LOOPBACK, Somewhere, a_message, configure
from tests.checkout import PROJECT_DIR

SECRET, NEW = "whsec_" + "QUJD" * 8, "whsec_" + "REVG" * 8
Verify = Callable[[str, dict[str, str], bytes], str]


@pytest.fixture
def verify() -> Verify:
    page = (PROJECT_DIR / "docs/how-to/verify-webhook.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Verify] = {}
    exec(program, names)  # noqa: S102  (our own page)
    return names["verify"]


def sent(httpserver: HTTPServer, settings: Settings, secret: str, at: datetime) -> tuple[dict[str, str], bytes]:
    """Headers and body of a message as it arrived."""
    configure(settings, webhook_allow=LOOPBACK)
    httpserver.expect_request("/").respond_with_data("")
    kinds.send(Somewhere("webhook", {"url": httpserver.url_for("/")}, secret), a_message(attempted_at=at))
    request = httpserver.log[0][0]
    return dict(request.headers), request.get_data()


@pytest.mark.parametrize("secret", [SECRET, f"{NEW} {SECRET}"], ids=["one", "while it changes"])
def test_a_message_of_ours_is_known(httpserver: HTTPServer, settings: Settings, verify: Verify, secret: str) -> None:
    headers, body = sent(httpserver, settings, secret, datetime.now(UTC))
    assert verify(SECRET, headers, body) == a_message().delivery_id


def test_what_is_not_ours_is_refused(httpserver: HTTPServer, settings: Settings, verify: Verify) -> None:
    headers, body = sent(httpserver, settings, SECRET, datetime.now(UTC))
    with pytest.raises(ValueError, match="signature is wrong"):
        verify(NEW, headers, body)
    with pytest.raises(ValueError, match="signature is wrong"):
        verify(SECRET, headers, body + b" ")
    with pytest.raises(ValueError, match="not signed"):
        verify(SECRET, {}, body)


def test_an_old_message_is_refused(httpserver: HTTPServer, settings: Settings, verify: Verify) -> None:
    old = datetime.fromtimestamp(time.time(), UTC) - timedelta(minutes=6)
    headers, body = sent(httpserver, settings, SECRET, old)
    with pytest.raises(ValueError, match="too old"):
        verify(SECRET, headers, body)
