"""Webhooks: Alertmanager's body, version 4, with our fields added; signed as Standard Webhooks say.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and https://www.standardwebhooks.com
"""

import base64
import binascii
import json
from typing import Any

from django.conf import settings as django_settings
from standardwebhooks import Webhook as Signer

from alerts.channels.base import ChannelSettings, Message, Receipt, SettingsRefused, Transport
from alerts.channels.http import check_address, policy_for, post_json

_NEVER = "0001-01-01T00:00:00Z"  # what Alertmanager writes for "has not ended"
_SECRET_BYTES = range(24, 65)  # what Standard Webhooks allow


class WebhookTransport(Transport):
    kind = "webhook"
    known = frozenset({"url"})
    takes_secret = True

    def check(self, settings: ChannelSettings) -> None:
        check_address(settings.get("url"))

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
        body = body_of(message)
        url = settings["url"]
        return post_json(url, policy_for(url), body, signed(message, body, secret), message.attempted_at)


def body_of(message: Message) -> bytes:
    return json.dumps(payload(message), separators=(",", ":")).encode()


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
        "fingerprint": message.instance_key,
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
