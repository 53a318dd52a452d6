"""Facts, health and their bookkeeping, as tables."""

from monitoring.models.facts import (
    CollectorState,
    HealthCheckState,
    HealthRecord,
    Lease,
    Metric,
    MetricSnapshot,
    ProcessState,
    ReadCursor,
    Series,
    SlowQuery,
    Status,
)
from monitoring.models.facts import Kind as Kind
from monitoring.models.uptime import ExcludedInterval

__all__ = [
    "CollectorState",
    "ExcludedInterval",
    "HealthCheckState",
    "HealthRecord",
    "Kind",
    "Lease",
    "Metric",
    "MetricSnapshot",
    "ProcessState",
    "ReadCursor",
    "Series",
    "SlowQuery",
    "Status",
]
