"""Checks that are of one host: each host says what it found of itself, and the worst of them is what the check says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.health.asof import finding_at
from monitoring.health.listing import listed
from monitoring.health.status import Finding, Result, worst
from monitoring.models import HealthCheckState, Status

GONE_AFTER = timedelta(minutes=10)
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class HostFinding:
    """What a host found last. Its finding is unknown when that is too long ago."""

    instance: str
    finding: Finding
    duration_ms: float


def name_on(check: str, instance: str) -> str:
    """The name of the row of a check on a host, such as ``disk@host-b``; of a check of no host, its own."""
    return f"{check}@{instance}" if instance else check


def results_of_hosts(checks: Sequence[str], now: datetime, fresh_seconds: float) -> list[Result]:
    """One result for each check, of all hosts that said something in the last 10 minutes; others are gone.

    With long intervals that would be too soon: a host is given as long again as what it says is fresh.
    """
    gone_before = now - max(GONE_AFTER, timedelta(seconds=2 * fresh_seconds))
    heard = HealthCheckState.objects.exclude(instance="").filter(checked_at__gte=gone_before)
    by_name = {state.name: state for state in heard.order_by("instance")}
    instances = sorted({state.instance for state in by_name.values()})
    rows = {check: [by_name.get(name_on(check, instance)) for instance in instances] for check in checks}
    return [combined(check, [_found(row, now, fresh_seconds) for row in rows[check] if row], now) for check in checks]


def _found(state: HealthCheckState, now: datetime, fresh_seconds: float) -> HostFinding:
    return HostFinding(state.instance, finding_at(state, now, fresh_seconds), state.duration_ms)


def combined(check: str, hosts: Sequence[HostFinding], now: datetime) -> Result:
    """The worst of all hosts, named; of a single host just what it said."""
    if not hosts:
        return Result(check, Finding(Status.UNKNOWN, "No host reports"), 0, now)
    if len(hosts) == 1:
        return Result(check, hosts[0].finding, hosts[0].duration_ms, now)
    status = worst(host.finding.status for host in hosts)
    concerned = [host for host in hosts if host.finding.status is status]
    told = {**concerned[0].finding.metadata, "hosts": {host.instance: host.finding.status.value for host in hosts}}
    text = f"Healthy on {len(hosts)} hosts" if status is Status.HEALTHY else _text(concerned, len(hosts))
    return Result(check, Finding(status, text, told), max(host.duration_ms for host in hosts), now)


def _text(concerned: Sequence[HostFinding], of: int) -> str:
    named = listed([f"{host.instance}: {host.finding.message}" for host in concerned], _MOST_NAMED)
    return f"{named} ({len(concerned)} of {of} hosts)"
