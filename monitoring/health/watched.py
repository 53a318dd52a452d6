"""Checks that people entered in the admin, made of their rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from monitoring.health.base import Check, Named
from monitoring.health.data.checks import DataFileCheck
from monitoring.health.reasons import reason
from monitoring.health.remote import Certificate, Http, Tcp
from monitoring.health.status import Finding
from monitoring.models import Status, WatchedCheck
from monitoring.models.watched import LONGEST_LIMIT_SECONDS

Kind = WatchedCheck.Kind


def entered() -> tuple[Check, ...]:
    """The enabled ones."""
    return tuple(check_of(row) for row in WatchedCheck.objects.filter(enabled=True))


def check_of(row: WatchedCheck) -> Named:
    """One that cannot be made says so, and keeps no other from running."""
    try:
        check: Check = _MAKERS[Kind(row.kind)](row)
    except (ArithmeticError, TypeError, ValueError) as error:
        check = Unmade(f"Edit it in the admin, it cannot run as it is: {reason(error)}")
    return Named(row.name, check, row.every_seconds)


@dataclass
class Unmade(Check):
    """Stands for a row that no check can be made of."""

    name: ClassVar[str] = "unmade"
    why: str = ""

    def find(self, now: datetime) -> Finding:
        return Finding(Status.UNKNOWN, self.why)


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
    if not 0 < row.timeout_seconds <= LONGEST_LIMIT_SECONDS:
        raise ValueError(f"its limit has to be up to {LONGEST_LIMIT_SECONDS} s, and is {row.timeout_seconds:g} s")
    return timedelta(seconds=row.timeout_seconds)


_MAKERS: dict[Kind, Callable[[WatchedCheck], Check]] = {
    Kind.HTTP: _http,
    Kind.TCP: _tcp,
    Kind.CERTIFICATE: _certificate,
    Kind.DATA: _data,
}
