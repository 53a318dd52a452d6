"""The leases of hosts: each job that a host does by itself is done by one of its processes at a time.

A lease for each job, not one for the host: a program that only records measures the host, and runs no checks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Concat

from monitoring.models import CollectorState, Lease

COLLECT, HEALTH = "collect", "health"  # the jobs of the schedule whose interval they share
_PREFIX = "host-"
_LISTED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HostLease:
    """What a host does by itself, and the row on which stands who does it and what came of it."""

    instance: str
    job: str
    row: Lease


@dataclass(frozen=True, slots=True)
class GoneHost:
    """A host that nobody looks after any more, and the names of its leases."""

    instance: str
    leases: list[str]


def lease_name(job: str, instance: str) -> str:
    return f"{_PREFIX}{job}:{instance}"


def host_leases(since: datetime) -> list[HostLease]:
    """Those that were held at ``since`` or later, by host."""
    rows = Lease.objects.filter(name__startswith=_PREFIX, expires_at__gte=since)
    return sorted(map(_parsed, rows), key=lambda lease: (lease.instance, lease.job))


def first_gone(before: datetime) -> GoneHost | None:
    """A host none of whose leases was held at ``before`` or later; None when there is no such host."""
    leases = [_parsed(row) for row in Lease.objects.filter(name__startswith=_PREFIX)]
    here = {lease.instance for lease in leases if lease.row.expires_at >= before}
    instance = min((lease.instance for lease in leases if lease.instance not in here), default=None)
    if instance is None:
        return None
    return GoneHost(instance, [lease.row.name for lease in leases if lease.instance == instance])


def collectors_in_use(now: datetime) -> QuerySet[CollectorState]:
    """Without those of hosts that nobody has measured for an hour: each container that is replaced leaves some."""
    name = Concat(Value(lease_name(COLLECT, "")), OuterRef("instance"), output_field=CharField())
    return CollectorState.objects.exclude(Exists(Lease.objects.filter(name=name, expires_at__lt=now - _LISTED)))


def _parsed(row: Lease) -> HostLease:
    job, _, instance = row.name.removeprefix(_PREFIX).partition(":")
    return HostLease(instance, job, row)
