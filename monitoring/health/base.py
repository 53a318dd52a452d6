"""What a health check is: one of django-health-check's, that returns what it finds instead of only raising it."""

import abc
import asyncio
import dataclasses
import inspect
import re
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from health_check.base import HealthCheck
from health_check.exceptions import HealthCheckException, ServiceUnavailable, ServiceWarning

from monitoring.health.reasons import without_secrets
from monitoring.health.status import Finding
from monitoring.models import Status

_ERRORS = {
    Status.WARNING: ServiceWarning,
    Status.CRITICAL: ServiceUnavailable,
    Status.UNKNOWN: HealthCheckException,
}


class Limits(Protocol):
    """From where on a check warns and is critical."""

    @property
    def check(self) -> str: ...
    @property
    def warning(self) -> float: ...
    @property
    def critical(self) -> float: ...


@dataclass
class Check(HealthCheck, abc.ABC):  # type: ignore[misc]  # django-health-check ships no annotations
    """Looks at one thing. Its fields are limits, shown to people: nothing secret may be in them.

    ``name`` identifies it for good, in rules and history. ``timeout`` (inherited, 5 s) is when others stop waiting for
    it. ``is_judged_when_read`` marks what cannot be left to the schedule, as it is what keeps the schedule going; it
    must cost no more than a few indexed reads. ``is_slow`` leaves it out of quick rounds. ``every_seconds`` is the
    least time between two runs by the schedule; 0: each round. One that is not ``is_enabled`` does not exist.
    ``is_host_bound`` marks what each host can say only of itself: every host runs it, and the worst of them counts.
    ``runs_here`` marks what is seen only from the thread that asks: it runs there without a limit, so it must be quick.
    ``limits_fall`` marks limits of what runs out, such as days: it is critical below a smaller one than it warns.
    """

    name: ClassVar[str]
    is_judged_when_read: ClassVar[bool] = False
    is_slow: ClassVar[bool] = False
    is_host_bound: ClassVar[bool] = False
    runs_here: ClassVar[bool] = False
    limits_fall: ClassVar[bool] = False
    every_seconds = 0.0

    @property
    def labels(self) -> dict[str, str]:
        """How django-health-check's OpenMetrics page tells it apart."""
        return {"check": self.name}

    @property
    def is_enabled(self) -> bool:
        return True

    @abc.abstractmethod
    def find(self, now: datetime) -> Finding:
        """Looks. Whatever it raises makes the result unknown, with the reason."""

    def run(self) -> None:
        """Django-health-check's way to ask: nothing when healthy, else one of its exceptions."""
        error = error_of(self.find(timezone.now()))
        if error is not None:
            raise error


def error_of(finding: Finding) -> HealthCheckException | None:
    """What django-health-check says of a finding; None when it is healthy."""
    return None if finding.status is Status.HEALTHY else _ERRORS[finding.status](finding.message)


class Named(Check):
    """A check under a name, with an interval and a limit of its own, such as one that people entered."""

    def __init__(self, name: str, check: Check, every_seconds: float) -> None:
        self.name = name  # type: ignore[misc]  # a constant of each class, but here of each row
        self.check = check
        self.timeout = check.timeout
        self.every_seconds = every_seconds

    def __repr__(self) -> str:
        return f"{self.name}: {self.check!r}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and (self.name, self.check) == (other.name, other.check)

    __hash__ = None  # type: ignore[assignment]  # as of every check: their limits may be replaced

    def find(self, now: datetime) -> Finding:
        return self.check.find(now)


class Adapted(Check):
    """Any other check of django-health-check's kind, under a name made of its class's."""

    def __init__(self, check: HealthCheck) -> None:
        self.check = check
        self.timeout = check.timeout
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(check).__name__)
        self.name = words.lower()  # type: ignore[misc]  # Check has it of its class

    def find(self, now: datetime) -> Finding:
        try:
            answer = self.check.run()
            if inspect.isawaitable(answer):
                asyncio.run(_settle(answer))
        except ServiceWarning as warning:
            return Finding(Status.WARNING, without_secrets(warning.message))
        except HealthCheckException as error:
            return Finding(Status.CRITICAL, without_secrets(error.message))
        return Finding(Status.HEALTHY, "OK")


async def _settle(answer: Awaitable[None]) -> None:
    await answer


def configured() -> tuple[Check, ...]:
    """The checks of ``settings.HEALTH_CHECKS``: dotted paths of classes, or pairs of a path and its options.

    Limits of ``AHGD_HEALTH_LIMITS`` replace their own.
    """
    limits = {one.check: one for one in settings.CONFIG.health_limits}
    return tuple(_limited(check, limits.get(check.name)) for check in all_of_settings() if check.is_enabled)


def limits_of(check: Check) -> tuple[str, ...]:
    """Names of the fields that hold its limit to warn and its limit to be critical; empty unless it has one of each."""
    names = [field.name for field in dataclasses.fields(check)]
    warning, critical = ([name for name in names if name.startswith(kind)] for kind in ("warning_", "critical_"))
    return (*warning, *critical) if len(warning) == len(critical) == 1 else ()


def are_in_order(check: Check, warning: float, critical: float) -> bool:
    """Whether it warns before it is critical."""
    return critical <= warning if check.limits_fall else warning <= critical


def _limited(check: Check, limits: Limits | None) -> Check:
    fields = limits_of(check)
    if limits is None or not fields:
        return check
    return dataclasses.replace(check, **dict(zip(fields, (limits.warning, limits.critical), strict=True)))


def all_of_settings() -> Iterator[Check]:
    """As they are written there, also those that are not enabled."""
    entries: tuple[str | tuple[str, dict[str, Any]], ...] = settings.HEALTH_CHECKS
    for entry in entries:
        path, options = (entry, {}) if isinstance(entry, str) else entry
        check = import_string(path)(**options)
        yield check if isinstance(check, Check) else Adapted(check)
