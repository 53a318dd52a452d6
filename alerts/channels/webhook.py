"""Webhooks: Alertmanager's body, version 4, with our fields added; signed as Standard Webhooks say.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and https://www.standardwebhooks.com
"""

import base64
import binascii
import hashlib
import http.client
import json
import re
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from django.conf import settings as django_settings
from standardwebhooks import Webhook as Signer

from alerts.channels.addresses import AddressRefused, Policy, Target
from alerts.channels.base import (
    ChannelSettings,
    Message,
    PermanentFailure,
    Receipt,
    SettingsRefused,
    TransientFailure,
    Transport,
    one_line,
)
from alerts.channels.deadline import Address, Deadline

_NEVER = "0001-01-01T00:00:00Z"  # what Alertmanager writes for "has not ended"
_MOST_ANSWER_BYTES = 500
_SHORTEST_TOKEN = 8
_WORTH_A_RETRY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
_SECRET_BYTES = range(24, 65)  # what Standard Webhooks allow


class WebhookTransport(Transport):
    kind = "webhook"
    known = frozenset({"url"})
    takes_secret = True

    def check(self, settings: ChannelSettings) -> None:
        url = settings.get("url")
        if not isinstance(url, str) or not url:
            raise SettingsRefused('Give the address: {"url": "https://host/path"}.')
        try:
            policy_for(url).check_target(Target.parse(url))
        except AddressRefused as refused:
            raise SettingsRefused(str(refused)) from refused

    def check_secret(self, secret: str) -> None:
        for part in secret.split():
            try:
                size = len(base64.b64decode(part.removeprefix("whsec_"), validate=True))
            except (binascii.Error, ValueError):
                size = 0
            if size not in _SECRET_BYTES:
                raise SettingsRefused(
                    "Write a secret as whsec_ and the base64 of 24 to 64 bytes; both with a blank while it changes."
                )

    def send(self, message: Message, settings: ChannelSettings, secret: str) -> Receipt:
        body = json.dumps(payload(message), separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "ahgd-ops",
            "Connection": "close",
            **signed(message, body, secret),
        }
        with Deadline(django_settings.CONFIG.send_seconds) as deadline:
            return _post(Target.parse(settings["url"]), policy_for(settings["url"]), body, headers, message, deadline)


def policy_for(url: str) -> Policy:
    """Addresses out of the environment are trusted, for as long as the row still has them unedited."""
    config = django_settings.CONFIG
    return Policy.allowing(config.webhook_allow, trusted=url in config.alert_webhook_urls)


def payload(message: Message) -> dict[str, Any]:
    """Alertmanager's shape. ``ahgd`` holds our fields; ``text`` is what chat webhooks show."""
    alerts = [_alert(part) for part in message.parts]
    firsts = alerts[0]["annotations"].items()
    return {
        "version": "4",
        "groupKey": f"{{}}:{{alertname={json.dumps(message.rule)}}}",
        "truncatedAlerts": 0,
        "status": message.kind,
        "receiver": message.channel,
        "groupLabels": {"alertname": message.rule},
        "commonLabels": {**message.labels, "alertname": message.rule, "severity": message.severity},
        "commonAnnotations": {
            name: text for name, text in firsts if all(one["annotations"].get(name) == text for one in alerts)
        },
        "externalURL": django_settings.CONFIG.origin,
        "alerts": alerts,
        "text": f"{message.headline}\n{message.news}\n{message.url}",
        "ahgd": message.facts(),
    }


def _alert(message: Message) -> dict[str, Any]:
    annotations = {
        "summary": message.summary,
        "description": message.description,
        "runbook_url": message.runbook_url,
    }
    return {
        "status": message.kind,
        "labels": {**message.labels, "alertname": message.rule, "severity": message.severity},
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": message.opened_at.isoformat(),
        "endsAt": message.resolved_at.isoformat() if message.resolved_at is not None else _NEVER,
        "generatorURL": message.url,
        "fingerprint": hashlib.blake2b(f"{message.rule}\n{message.fingerprint}".encode(), digest_size=8).hexdigest(),
    }


def signed(message: Message, body: bytes, secret: str) -> dict[str, str]:
    """The headers of Standard Webhooks; one signature for each of the blank-separated secrets."""
    headers = {
        "webhook-id": message.delivery_id,
        "webhook-timestamp": str(int(message.attempted_at.timestamp())),
    }
    signatures = [
        Signer(part).sign(message.delivery_id, message.attempted_at, body.decode()) for part in secret.split()
    ]
    return headers | ({"webhook-signature": " ".join(signatures)} if signatures else {})


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


def _post(
    target: Target, policy: Policy, body: bytes, headers: Mapping[str, str], message: Message, deadline: Deadline
) -> Receipt:
    try:
        addresses = deadline.resolve(target.host, target.port)
        policy.check_addresses(target, addresses)
        connection = _Connection(target, addresses, deadline)
        try:
            connection.request("POST", target.path, body, dict(headers))
            with connection.getresponse() as response:
                deadline.remaining_seconds()  # a head that the end of the time cut off reads like a whole one
                return _judge(response, _answer(response, target), message)
        finally:
            connection.close()
    except AddressRefused as refused:
        raise PermanentFailure(str(refused)) from refused
    except (OSError, http.client.HTTPException) as error:
        raise TransientFailure(_trouble(target, error, deadline)) from error


def _answer(response: http.client.HTTPResponse, target: Target) -> str:
    """Status and the start of the body, which is read once: the status has decided, a body may drip or never end."""
    line = f"{response.status} {response.reason}"
    try:
        start = response.read1(_MOST_ANSWER_BYTES).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        start = ""
    return one_line(_without_tokens(f"{line}: {start}" if start else line, target))


def _without_tokens(text: str, target: Target) -> str:
    """Receivers like to repeat the address; its longer parts are what tokens look like."""
    for part in re.split(r"[/?&=]", target.path):
        if len(part) >= _SHORTEST_TOKEN:
            text = text.replace(part, "…").replace(unquote(part), "…")
    return text


def _judge(response: http.client.HTTPResponse, answer: str, message: Message) -> Receipt:
    """Accepted, or why not. Raises TransientFailure or PermanentFailure."""
    status = response.status
    if 200 <= status < 300:
        return Receipt(answer)
    if 300 <= status < 400:
        raise PermanentFailure(f"{status}: the address redirects, which is not followed; enter the final address")
    if status in _WORTH_A_RETRY or status >= 500:
        raise TransientFailure(answer, _retry_after_seconds(response.headers.get("Retry-After"), message))
    raise PermanentFailure(answer)


def _retry_after_seconds(text: str | None, message: Message) -> float | None:
    """``Retry-After`` of RFC 9110: seconds, or a date; None when it is absent or neither."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = (at.astimezone(message.attempted_at.tzinfo) - message.attempted_at).total_seconds()
    return max(0.0, seconds)


def _trouble(target: Target, error: Exception, deadline: Deadline) -> str:
    if deadline.has_passed:
        return f"{target}: no answer within {deadline.seconds:g} s"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return one_line(f"{target}: {said or type(error).__name__}")
