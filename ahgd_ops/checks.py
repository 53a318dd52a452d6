"""System checks: what ``ProductionConfig`` cannot see alone, each with an id and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from monitoring.health.base import Check, Limits, all_of_settings, are_in_order, limits_of


@register(Tags.security, deploy=True)
def check_production(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    config = settings.CONFIG
    found: list[CheckMessage] = []
    if config.environment == "production" and config.debug_mode:
        found.append(Error("Debug pages show secrets.", hint="Unset AHGD_DEBUG.", id="ahgd_ops.E001"))
    if not config.public_url:
        hint = "Set AHGD_PUBLIC_URL to the address people use."
        found.append(Warning("Links in messages lead to localhost.", hint=hint, id="ahgd_ops.W001"))
    return found


@register()
def check_edge(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    config = settings.CONFIG
    if not config.serves_tls or config.trusted_proxies:
        return []
    hint = "Set AHGD_TRUSTED_PROXIES to the address of the proxy that ends TLS."
    text = "AHGD_PUBLIC_URL is https, but no proxy is believed when it says so: every request is redirected, for ever."
    return [Warning(text, hint=hint, id="ahgd_ops.W004")]


@register()
def check_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    known = {check.name: check for check in all_of_settings() if limits_of(check)}
    return [message for one in settings.CONFIG.health_limits for message in _wrong_limits(one, known)]


def _wrong_limits(limits: Limits, known: Mapping[str, Check]) -> list[CheckMessage]:
    name, check = limits.check, known.get(limits.check)
    if check is None:
        hint = f"AHGD_HEALTH_LIMITS may name {', '.join(sorted(known))}."
        return [Error(f"No health check with limits is called {name}.", hint=hint, id="ahgd_ops.E004")]
    if are_in_order(check, limits.warning, limits.critical):
        return []
    hint = f"Write {name}={limits.critical:g}/{limits.warning:g} in AHGD_HEALTH_LIMITS: first where it warns."
    return [Error(f"{name} would be critical before it warns.", hint=hint, id="ahgd_ops.E005")]


@register()
def check_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    config = settings.CONFIG
    if config.secret_key or not config.database_url.startswith("postgres"):
        return []
    hint = "Set AHGD_SECRET_KEY (or AHGD_SECRET_KEY_FILE) to the same on every host."
    text = (
        "Hosts may share this database, but each would make a key of its own: sessions and secrets would not be read."
    )
    return [Warning(text, hint=hint, id="ahgd_ops.W005")]


@register()
def check_telling(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    config = settings.CONFIG
    found: list[CheckMessage] = []
    if config.alert_email_enabled and not config.smtp_host:
        hint = "Set AHGD_SMTP_HOST, or unset AHGD_ALERT_EMAIL."
        found.append(Warning("Alert mail is on, but there is no mail server.", hint=hint, id="ahgd_ops.W002"))
    if config.alert_email_enabled and not config.alert_email_recipients:
        hint = "Set AHGD_ALERT_EMAIL_RECIPIENTS."
        found.append(Warning("Alert mail is on, but nobody would get it.", hint=hint, id="ahgd_ops.W003"))
    if config.lease_seconds <= config.send_seconds:
        hint = "Make AHGD_LEASE_SECONDS larger than AHGD_SEND_SECONDS."
        found.append(Error("A delivery would be repeated while it is being sent.", hint=hint, id="ahgd_ops.E003"))
    if config.health_endpoint_enabled and config.health_endpoint_port == config.port:
        hint = "Give AHGD_HEALTH_PORT and AHGD_PORT different ports."
        found.append(Error("Console and health endpoint share a port.", hint=hint, id="ahgd_ops.E002"))
    return found
