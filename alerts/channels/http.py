"""One POST to an address that was checked: no redirects, one limit on all of its time, little of the answer read."""

import http.client
import re
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import unquote

from django.conf import settings as django_settings

from alerts.channels.addresses import AddressRefused, Policy, Target
from alerts.channels.base import PermanentFailure, Receipt, SettingsRefused, TransientFailure, one_line
from monitoring.deadline import Address, Deadline

_MOST_ANSWER_BYTES = 500
_SHORTEST_TOKEN = 8
_WORTH_A_RETRY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


def check_address(url: object) -> None:
    """Raises SettingsRefused when nothing may be posted there, as far as can be said without a look-up."""
    if not isinstance(url, str) or not url:
        raise SettingsRefused('Give the address: {"url": "https://host/path"}.')
    try:
        policy_for(url).check_target(Target.parse(url))
    except AddressRefused as refused:
        raise SettingsRefused(str(refused)) from refused


def policy_for(url: str) -> Policy:
    """Addresses out of the environment are trusted, for as long as the row still has them unedited."""
    config = django_settings.CONFIG
    return Policy.allowing(config.webhook_allow, trusted=url in config.alert_webhook_urls)


def post_json(url: str, policy: Policy, body: bytes, headers: Mapping[str, str], at: datetime) -> Receipt:
    """Returns once the receiver has accepted, within ``CONFIG.send_seconds`` in all; ``at`` is the present time.

    Raises TransientFailure or PermanentFailure.
    """
    plain = {"Content-Type": "application/json", "User-Agent": "ahgd-ops", "Connection": "close"}
    target = Target.parse(url)
    with Deadline(django_settings.CONFIG.send_seconds) as deadline:
        try:
            return _post(target, policy, body, plain | dict(headers), at, deadline)
        except AddressRefused as refused:
            raise PermanentFailure(str(refused)) from refused
        except (OSError, http.client.HTTPException) as error:
            raise TransientFailure(_trouble(target, error, deadline)) from error


def _post(
    target: Target, policy: Policy, body: bytes, headers: dict[str, str], at: datetime, deadline: Deadline
) -> Receipt:
    addresses = deadline.resolve(target.host, target.port)
    policy.check_addresses(target, addresses)
    connection = _Connection(target, addresses, deadline)
    try:
        connection.request("POST", target.path, body, headers)
        with connection.getresponse() as response:
            deadline.remaining_seconds()  # a head that the end of the time cut off reads like a whole one
            return _judge(response, _answer(response, target), at)
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """Connects to the addresses that were checked, whatever the name resolves to by then."""

    def __init__(self, target: Target, addresses: list[Address], deadline: Deadline) -> None:
        super().__init__(target.host, target.port)
        self.default_port = 443 if target.scheme == "https" else 80
        self._target = target
        self._addresses = addresses
        self._deadline = deadline

    def connect(self) -> None:
        self.sock = self._deadline.connect(self._addresses)
        if self._target.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._target.host)


def _answer(response: http.client.HTTPResponse, target: Target) -> str:
    """Status and the start of the body, which is read once: the status has decided, a body may drip or never end."""
    line = f"{response.status} {response.reason}"
    try:
        start = response.read1(_MOST_ANSWER_BYTES).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        start = ""
    return one_line(without_tokens(f"{line}: {start}" if start else line, target.path))


def without_tokens(text: str, path: str) -> str:
    """Receivers like to repeat the address; its longer parts are what tokens look like."""
    for part in re.split(r"[/?&=:@#]", path):
        if len(part) >= _SHORTEST_TOKEN:
            text = text.replace(part, "…").replace(unquote(part), "…")
    return text


def _judge(response: http.client.HTTPResponse, answer: str, at: datetime) -> Receipt:
    """Accepted, or why not. Raises TransientFailure or PermanentFailure."""
    status = response.status
    if 200 <= status < 300:
        return Receipt(answer)
    if 300 <= status < 400:
        raise PermanentFailure(f"{status}: the address redirects, which is not followed; enter the final address")
    if is_worth_a_retry(status):
        raise TransientFailure(answer, _retry_after_seconds(response.headers.get("Retry-After"), at))
    raise PermanentFailure(answer)


def is_worth_a_retry(status: int) -> bool:
    """Whether a refusal with this status may pass by itself."""
    return status in _WORTH_A_RETRY or status >= 500


def _retry_after_seconds(text: str | None, at: datetime) -> float | None:
    """``Retry-After`` of RFC 9110: seconds, or a date; None when it is absent or neither."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(at.tzinfo) - at).total_seconds())


def _trouble(target: Target, error: Exception, deadline: Deadline) -> str:
    if deadline.has_passed:
        return f"{target}: no answer within {deadline.seconds:g} s"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return one_line(f"{target}: {said or type(error).__name__}")
