"""Timings of a span added up by the database, a row for each series: p95 of many series needs none of them apart.

A row for each snapshot would cost more to make than everything that is computed of it.
"""

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, BinaryField, Count, Max, Min, QuerySet, Sum, TextField
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from monitoring.models import MetricSnapshot

Row = tuple[Any, ...]
_SERIES_ID, _COUNT = 0, 3


class _Bytes(Aggregate):
    """Binary values one after another. SQLite joins texts only, and a cast takes no byte away."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ''::bytea)"
    output_field = BinaryField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, Any]:
        template = "CAST(%(function)s(CAST(%(expressions)s AS TEXT), '') AS BLOB)"
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", template=template)


class _Sizes(Aggregate):
    """How long each of the binary values is, in the same order, as text with commas."""

    function = "STRING_AGG"
    template = "%(function)s(LENGTH(%(expressions)s)::text, ',')"
    output_field = TextField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra_context: Any
    ) -> tuple[str, Any]:
        template = "%(function)s(LENGTH(%(expressions)s))"
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", template=template)


def by_series(snapshots: QuerySet[MetricSnapshot]) -> QuerySet[MetricSnapshot, Any]:
    """What ``joined`` reads: the columns of ``windows.JOINED``, and how many snapshots there are, and sketches."""
    return (
        snapshots.order_by("series_id")
        .values_list("series_id")
        .annotate(
            last_at=Max("at"),
            slowest=Max("value"),
            calls=Sum(Coalesce("count", 1)),
            seconds=Sum(Coalesce("total", "value")),
            least=Min(Coalesce("minimum", "value")),
            most=Max(Coalesce("maximum", "value")),
            sketches=_Bytes("sketch"),
            sizes=_Sizes("sketch"),
            snapshots=Count("id"),
            with_sketch=Count("sketch"),
        )
    )


def joined(rows: Iterable[Row]) -> tuple[list[Row], list[int]]:
    """Rows of ``windows.JOINED``, and the ids of series with a snapshot without a sketch: these are read one by one."""
    found: list[Row] = []
    incomplete: list[int] = []
    for *row, snapshots, with_sketch in rows:
        if with_sketch < snapshots:
            incomplete.append(row[_SERIES_ID])
        else:
            row[_COUNT] = int(row[_COUNT])  # PostgreSQL's sum of integers is a Decimal
            found.append(tuple(row))
    return found, incomplete
