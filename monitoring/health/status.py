"""What a check finds, and how findings add up; nothing here looks at anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from monitoring.models import Status

SAY_THEMSELVES = frozenset({"database", "migrations"})
"""Checks whose findings say whether they keep this process from serving."""
_MILDEST_FIRST = (Status.HEALTHY, Status.UNKNOWN, Status.WARNING, Status.CRITICAL)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. ``metadata`` holds what JSON can; ``blocks_readiness`` takes this process out of rotation."""

    status: Status
    message: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    blocks_readiness: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """The finding of the check ``name`` at a time; None for a check that never ran."""

    name: str
    finding: Finding
    duration_ms: float
    at: datetime | None

    @property
    def status(self) -> Status:
        return self.finding.status


@dataclass(frozen=True)
class Overall:
    """All results at ``at``, and what they come to, which is computed once: thousands of probes ask for it."""

    results: tuple[Result, ...]
    at: datetime

    @cached_property
    def status(self) -> Status:
        return worst(result.status for result in self.results)

    @cached_property
    def blocked_by(self) -> tuple[str, ...]:
        """Names of the checks without which nothing else can be known."""
        return tuple(result.name for result in self.results if result.finding.blocks_readiness)

    @cached_property
    def barriers(self) -> tuple[str, ...]:
        """Names of the checks that can be a reason not to serve. A slow database is critical, and none."""
        critical = {result.name for result in self.results if result.status is Status.CRITICAL} - SAY_THEMSELVES
        return tuple(result.name for result in self.results if result.name in {*critical, *self.blocked_by})


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of all; unknown is worse than healthy, but not known to be bad. Of nothing, nothing is known."""
    return max(statuses, key=_MILDEST_FIRST.index, default=Status.UNKNOWN)


def against(value: float, warning: float, critical: float) -> Status:
    """Where ``value`` stands among two limits; a limit that is reached counts."""
    if value >= critical:
        return Status.CRITICAL
    return Status.WARNING if value >= warning else Status.HEALTHY
