"""Alertmanager itself: ``POST /api/v2/alerts``, so that its own routes, silences and receivers go on working.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. An alert is told apart by its labels, which
are equal from its firing to its end. Without ``endsAt`` Alertmanager would take an alert for over after five minutes:
we tell each change once, so a firing is said to last until long after.
"""

import base64
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from alerts.channels.base import ChannelSettings, Message, Receipt, SettingsRefused, Transport
from alerts.channels.http import check_address, policy_for, post_json

PATH = "/api/v2/alerts"
DEFAULT_LASTS_HOURS = 7 * 24
_LONGEST_HOURS = 366 * 24
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_]")


class AlertmanagerTransport(Transport):
    kind = "alertmanager"
    known = frozenset({"url", "lasts_hours"})
    takes_secret = True

    def check(self, settings: ChannelSettings) -> None:
        check_address(settings.get("url"))
        hours = settings.get("lasts_hours", DEFAULT_LASTS_HOURS)
        if not isinstance(hours, int | float) or isinstance(hours, bool) or not 1 <= hours <= _LONGEST_HOURS:
            raise SettingsRefused(f"lasts_hours has to be a number from 1 to {_LONGEST_HOURS}.")

    def check_secret(self, secret: str) -> None:
        if not (secret.isascii() and secret.isprintable()):
            raise SettingsRefused("Write user:password, or a token; without blanks and special characters.")

    def send(self, message: Message, settings: ChannelSettings, secret: str) -> Receipt:
        lasts = timedelta(hours=settings.get("lasts_hours", DEFAULT_LASTS_HOURS))
        body = json.dumps([posted(part, lasts) for part in message.parts]).encode()
        url = settings["url"]
        address = url if url.rstrip("/").endswith(PATH) else url.rstrip("/") + PATH
        return post_json(address, policy_for(url), body, _authorization(secret), message.attempted_at)


def posted(message: Message, lasts: timedelta) -> dict[str, Any]:
    """The alert as Alertmanager takes it."""
    annotations = {
        "summary": message.news,
        "description": message.description,
        "runbook_url": message.runbook_url,
        "delivery_id": message.delivery_id,
    }
    ends_at = message.resolved_at if message.resolved_at is not None else message.attempted_at + lasts
    return {
        "labels": labels_of(message),
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": message.opened_at.isoformat(),
        "endsAt": max(ends_at, message.opened_at).isoformat(),
        "generatorURL": message.url,
    }


def labels_of(message: Message) -> dict[str, str]:
    """What makes the alert that alert. Severity is not among them: it may rise while the alert stays the same."""
    return _with_plain_names(message.labels) | {"alertname": message.rule, "subject": message.subject}


def _with_plain_names(labels: Mapping[str, str]) -> dict[str, str]:
    """Label names of Prometheus: letters, digits and underscores, no digit first. Empty labels are none to it."""
    plain = {_NOT_IN_NAMES.sub("_", name): text for name, text in labels.items() if text}
    return {f"_{name}" if name[:1].isdigit() else name: text for name, text in plain.items()}


def _authorization(secret: str) -> dict[str, str]:
    if not secret:
        return {}
    if ":" in secret:
        return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}
    return {"Authorization": f"Bearer {secret}"}
