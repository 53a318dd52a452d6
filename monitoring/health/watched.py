"""Checks that people entered in the admin, made of their rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from monitoring.health.base import Check, Named
from monitoring.health.data.checks import DataFileCheck
from monitoring.health.remote import Certificate, Http, Tcp
from monitoring.models import WatchedCheck

Kind = WatchedCheck.Kind


def entered() -> tuple[Check, ...]:
    """The enabled ones."""
    return tuple(check_of(row) for row in WatchedCheck.objects.filter(enabled=True))


def check_of(row: WatchedCheck) -> Check:
    return Named(row.name, _MAKERS[Kind(row.kind)](row), row.every_seconds)


def _http(row: WatchedCheck) -> Check:
    limits = _limits(row, "warning_ms", "critical_ms")
    return Http(url=row.target, statuses=row.statuses, text=row.text, timeout=_timeout(row), **limits)


def _tcp(row: WatchedCheck) -> Check:
    return Tcp(address=row.target, timeout=_timeout(row), **_limits(row, "warning_ms", "critical_ms"))


def _certificate(row: WatchedCheck) -> Check:
    return Certificate(address=row.target, timeout=_timeout(row), **_limits(row, "warning_days", "critical_days"))


def _data(row: WatchedCheck) -> Check:
    limits = _limits(row, "warning_hours", "critical_hours")
    return DataFileCheck(pattern=row.target, rules=row.rules, timeout=_timeout(row), **limits)


def _limits(row: WatchedCheck, warning: str, critical: str) -> dict[str, Any]:
    """Limits that were left empty are the check's own."""
    found = {warning: row.warning, critical: row.critical}
    return {name: value for name, value in found.items() if value is not None}


def _timeout(row: WatchedCheck) -> timedelta:
    return timedelta(seconds=row.timeout_seconds)


_MAKERS: dict[Kind, Callable[[WatchedCheck], Check]] = {
    Kind.HTTP: _http,
    Kind.TCP: _tcp,
    Kind.CERTIFICATE: _certificate,
    Kind.DATA: _data,
}
