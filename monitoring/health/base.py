"""What a health check is: one of django-health-check's, that returns what it finds instead of only raising it."""

import abc
import asyncio
import inspect
import re
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

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


@dataclass
class Check(HealthCheck, abc.ABC):  # type: ignore[misc]  # django-health-check ships no annotations
    """Looks at one thing. Its fields are limits, shown to people: nothing secret may be in them.

    ``name`` identifies it for good, in rules and history. ``timeout`` (inherited, 5 s) is when others stop waiting for
    it. ``is_judged_when_read`` marks what cannot be left to the schedule, as it is what keeps the schedule going; it
    must cost no more than a few indexed reads. ``is_slow`` leaves it out of quick rounds. ``is_host_bound`` marks what
    each host can say only of itself: every host runs it, and the worst of them counts.
    """

    name: ClassVar[str]
    is_judged_when_read: ClassVar[bool] = False
    is_slow: ClassVar[bool] = False
    is_host_bound: ClassVar[bool] = False

    @abc.abstractmethod
    def find(self, now: datetime) -> Finding:
        """Looks. Whatever it raises makes the result unknown, with the reason."""

    def run(self) -> None:
        """Django-health-check's way to ask: nothing when healthy, else one of its exceptions."""
        finding = self.find(timezone.now())
        if finding.status is not Status.HEALTHY:
            raise _ERRORS[finding.status](finding.message)


class Adapted(Check):
    """Any other check of django-health-check's kind, under a name made of its class's."""

    def __init__(self, check: HealthCheck) -> None:
        self.check = check
        self.timeout = check.timeout
        self.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(check).__name__).lower()  # type: ignore[misc]

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
    """The checks of ``settings.HEALTH_CHECKS``: dotted paths of classes, or pairs of a path and its options."""
    return tuple(_load())


def _load() -> Iterator[Check]:
    entries: tuple[str | tuple[str, dict[str, Any]], ...] = settings.HEALTH_CHECKS
    for entry in entries:
        path, options = (entry, {}) if isinstance(entry, str) else entry
        check = import_string(path)(**options)
        yield check if isinstance(check, Check) else Adapted(check)
