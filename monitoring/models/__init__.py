"""Facts, health and their bookkeeping, as tables."""

from monitoring.models.facts import (
    LONGEST_DATABASE,
    CollectorState,
    HealthCheckState,
    HealthRecord,
    Lease,
    Metric,
    MetricSnapshot,
    ProcessState,
    QueryShape,
    ReadCursor,
    Series,
    SlowQuery,
    Status,
)
from monitoring.models.facts import Kind as Kind
from monitoring.models.keeping import ChunkTimes, Hold, MetricChunk, ReadGap, Resolution
from monitoring.models.pushed import PushAllowance, PushedTotal, PushReceipt
from monitoring.models.uptime import ExcludedInterval, HealthDay
from monitoring.models.watched import WatchedCheck

__all__ = [
    "LONGEST_DATABASE",
    "ChunkTimes",
    "CollectorState",
    "ExcludedInterval",
    "HealthCheckState",
    "HealthDay",
    "HealthRecord",
    "Hold",
    "Kind",
    "Lease",
    "Metric",
    "MetricChunk",
    "MetricSnapshot",
    "ProcessState",
    "PushAllowance",
    "PushReceipt",
    "PushedTotal",
    "QueryShape",
    "ReadCursor",
    "ReadGap",
    "Resolution",
    "Series",
    "SlowQuery",
    "Status",
    "WatchedCheck",
]
