"""Messages for tests of channels. No model is imported, so that a process without Django can send them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_django.fixtures import Settings

from alerts.channels.base import Message

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LOOPBACK = ("127.0.0.0/8",)


@dataclass
class Somewhere:
    """What a channel's row says of where its messages go."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: str = ""


def configure(settings: Settings, **changes: Any) -> None:
    """Changes fields of ``settings.CONFIG`` for this test."""
    settings.CONFIG = replace(settings.CONFIG, **changes)


def a_message(**changes: Any) -> Message:
    plain = Message(
        delivery_id="4b7f3c9e-9a55-4e0e-8d0c-1f1f6f3f2b11",
        kind="firing",
        channel="ops",
        rule="high_cpu_usage",
        severity="high",
        subject="cpu_usage_percent{instance=web}",
        fingerprint="abc",
        labels={"instance": "web"},
        value=93.5,
        summary="CPU is at 93.5 %",
        description="The machine is busy.",
        reason="",
        opened_at=NOW - timedelta(minutes=2),
        resolved_at=None,
        attempted_at=NOW,
        alert_id=7,
        url="http://localhost:8503/ops/alerts/7/",
        runbook_url="",
    )
    return replace(plain, **changes)
