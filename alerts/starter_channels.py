"""The channels of a new console: its log, an alert file, and mail and webhooks as the environment describes them.

The environment speaks once; afterwards the admin wins. A channel that lacks what it needs is disabled with a hint,
not a source of failures, and is completed when the environment later has what was missing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from alerts.models import Channel, Rule, Seed

STARTER_SET = "the starter set"


@dataclass(frozen=True, slots=True)
class Described:
    """A channel as the environment or the starter set describes it; a ``hint`` says what is missing to use it."""

    name: str
    kind: Channel.Kind
    seeded_from: str
    settings: dict[str, Any] = field(default_factory=dict)
    hint: str = ""


def described() -> Iterator[Described]:
    config = settings.CONFIG
    yield Described("log", Channel.Kind.LOG, STARTER_SET)
    yield Described("alert-file", Channel.Kind.FILE, STARTER_SET, {"path": "logs/alerts.log"})
    yield Described(
        "email",
        Channel.Kind.EMAIL,
        "AHGD_ALERT_EMAIL_RECIPIENTS",
        {"recipients": list(config.alert_email_recipients)},
        _mail_hint(config.alert_email_enabled, config.alert_email_recipients, config.smtp_host),
    )
    for url in config.alert_webhook_urls:
        name = "webhook-" + hashlib.blake2b(url.encode(), digest_size=4).hexdigest()
        hint = "" if config.alert_webhook_enabled else "Set AHGD_ALERT_WEBHOOK=true, or enable it here."
        yield Described(name, Channel.Kind.WEBHOOK, "AHGD_ALERT_WEBHOOK_URLS", {"url": url}, hint)


def _mail_hint(is_enabled: bool, recipients: tuple[str, ...], host: str) -> str:
    missing = [
        name
        for name, is_there in (
            ("AHGD_ALERT_EMAIL=true", is_enabled),
            ("AHGD_ALERT_EMAIL_RECIPIENTS", bool(recipients)),
            ("AHGD_SMTP_HOST", bool(host)),
        )
        if not is_there
    ]
    return f"To use mail, set {', '.join(missing)} and restart." if missing else ""


def load() -> None:
    """Makes the channels that were never made, and completes those that waited for a setting."""
    for channel in described():
        _, is_new = Seed.objects.get_or_create(key=f"channel:{channel.name}")
        if is_new:
            _make(channel)
        elif not channel.hint:
            _complete(channel)


def _make(channel: Described) -> None:
    row, made = Channel.objects.get_or_create(
        name=channel.name,
        defaults={
            "kind": channel.kind,
            "settings": channel.settings,
            "enabled": not channel.hint,
            "hint": channel.hint,
            "seeded_from": channel.seeded_from,
        },
    )
    if made:
        for rule in Rule.objects.filter(seeded_from=STARTER_SET):
            rule.channels.add(row)


def _complete(channel: Described) -> None:
    waiting = Channel.objects.filter(name=channel.name, kind=channel.kind, enabled=False, hint__gt="")
    waiting.update(settings=channel.settings, enabled=True, hint="")
