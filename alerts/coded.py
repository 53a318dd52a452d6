"""Rules and settings as code, under the names and defaults of the system before this one. No models, no Django."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class AlertSeverity(enum.Enum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class AlertChannel(enum.Enum):
    """Every enabled channel of this kind."""

    LOG = "log"
    EMAIL = "email"
    WEBHOOK = "webhook"
    CONSOLE = "console"
    FILE = "file"


@dataclass(frozen=True)
class AlertRule:
    """A rule as code; ``AlertManager.add_rule`` makes the stored one of it."""

    name: str
    condition: str
    severity: AlertSeverity
    channels: list[AlertChannel] = field(default_factory=list)
    message_template: str = ""
    cooldown_minutes: int = 15
    max_alerts_per_hour: int = 10
    enabled: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)
    escalation_delay_minutes: int = 60
    escalation_channels: list[AlertChannel] | None = None


@dataclass(frozen=True)
class AlertConfig:
    """Where alerts go, as code. Server, limits and windows of a running console come from its environment
    (``AHGD_ALERT_LIMIT`` for ``global_rate_limit``, and so on, with these defaults) and from each rule in the admin;
    what ``AlertManager`` takes from here are the channels: recipients, webhook addresses and the alert file."""

    smtp_host: str = "localhost"
    smtp_port: int = 587
    smtp_username: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_use_tls: bool = True
    email_from: str | None = None
    email_to: list[str] = field(default_factory=list)
    webhook_urls: list[str] = field(default_factory=list, repr=False)  # an address may hold a token
    webhook_timeout: float = 10
    webhook_retry_count: int = 3
    alert_log_file: Path | None = None
    max_log_size_mb: int = 10
    global_rate_limit: int = 100
    rate_limit_window_minutes: int = 60
    aggregation_enabled: bool = True
    aggregation_window_minutes: int = 5
    max_alert_history: int = 10_000


@dataclass(frozen=True)
class RuleVerdict:
    """What a rule says on one fact: ``true``, ``false``, ``no data`` or ``broken``, the last with its reason."""

    word: str
    reason: str = ""

    def __bool__(self) -> bool:
        return self.word == "true"

    def __str__(self) -> str:
        return f"{self.word}: {self.reason}" if self.reason else self.word
