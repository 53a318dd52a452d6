"""Health records that a reader has not read yet, each exactly once, in the order they were written."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from monitoring.clock import from_ms, to_ms
from monitoring.cursors import Span, advance, span
from monitoring.models import HealthCheckState, HealthRecord


@dataclass(frozen=True, slots=True)
class Result:
    """What a health check said at a time."""

    name: str
    status: str
    message: str
    duration_ms: float
    metadata: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class UnreadResults:
    span: Span
    results: list[Result]


def unread(reader: str) -> UnreadResults:
    """What is new for ``reader``; a new reader begins at the present."""
    new = span(reader, HealthRecord)
    every = HealthRecord.objects.filter(id__gt=new.position, id__lte=new.reached).order_by("id")
    return UnreadResults(new, _results(every) if new.has_rows else [])


def between(after: datetime, until: datetime) -> list[Result]:
    """What health checks said after one time up to and with another, in the order of time."""
    records = HealthRecord.objects.filter(at__gt=to_ms(after), at__lte=to_ms(until))
    return _results(records.order_by("at", "id"))


def _results(records: QuerySet[HealthRecord]) -> list[Result]:
    rows = records.filter(state__instance="")  # what single hosts said is part of what they come to
    fields = rows.values_list("state__name", "status", "message", "duration_ms", "metadata", "at")
    return [Result(*row[:5], from_ms(row[5])) for row in fields]


def newest(names: Collection[str] | None = None) -> list[Result]:
    """The latest result of each of these checks, or of every one."""
    every = HealthCheckState.objects.filter(instance="", retired_at__isnull=True)
    rows = every if names is None else every.filter(name__in=names)
    fields = rows.values_list("name", "status", "message", "duration_ms", "metadata", "checked_at")
    return [
        Result(name, status, message, duration_ms, metadata, at)
        for name, status, message, duration_ms, metadata, at in fields
        if at is not None
    ]


def take(read: UnreadResults) -> None:
    """Takes the results as read. Call inside the transaction that writes what was made of them."""
    advance(read.span)
