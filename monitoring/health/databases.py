"""Checks of the database beyond its answering: how fast it reads, and whether what it holds is whole."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import DatabaseError, OperationalError, connection
from django.db.backends.utils import CursorWrapper

from monitoring.health.base import Check
from monitoring.health.listing import listed
from monitoring.health.reasons import reason
from monitoring.health.status import Finding, against
from monitoring.models import Series, Status

_MOST_NAMED = 5


@dataclass
class QueryPerformance(Check):
    """How long it takes to read what pages read: the latest values of a hundred series with their metrics."""

    name: ClassVar[str] = "query_performance"
    warning_ms: float = 100
    critical_ms: float = 500

    def find(self, now: datetime) -> Finding:
        connection.ensure_connection()  # opening one is not the query
        began = time.monotonic()
        rows = len(Series.objects.select_related("metric").order_by("-id")[:100])
        took_ms = (time.monotonic() - began) * 1000
        status = against(took_ms, self.warning_ms, self.critical_ms)
        return Finding(
            status, f"Reads {rows} series in {took_ms:.1f} ms", {"query_ms": round(took_ms, 2), "rows": rows}
        )


@dataclass
class Integrity(Check):
    """Whether tables and indexes are whole and foreign keys lead somewhere; it reads everything, so it runs hourly."""

    name: ClassVar[str] = "integrity"
    is_slow: ClassVar[bool] = True
    every_seconds: float = 3600
    timeout: timedelta = timedelta(seconds=300)

    def find(self, now: datetime) -> Finding:
        with connection.cursor() as cursor:
            problems = _LOOKS[connection.vendor](cursor) if connection.vendor in _LOOKS else []
        if not problems:
            return Finding(Status.HEALTHY, "Tables, indexes and foreign keys are whole", {"problems": 0})
        return Finding(Status.CRITICAL, listed(problems, _MOST_NAMED), {"problems": len(problems)})


def _sqlite(cursor: CursorWrapper) -> list[str]:
    """Foreign keys are followed only in a file that is whole; one that is not may break any statement."""
    return _damage(cursor) or _lost_rows(cursor)


def _damage(cursor: CursorWrapper) -> list[str]:
    """The pragma lists what it can, and raises when the file is too broken for that."""
    try:
        cursor.execute("PRAGMA integrity_check(20)")
        return [str(row[0]) for row in cursor.fetchall() if row[0] != "ok"]
    except OperationalError:  # locked, or out of reach: nothing is known of the file
        raise
    except DatabaseError as error:
        return [f"The database file is damaged, restore it from a backup: {reason(error)}"]


def _lost_rows(cursor: CursorWrapper) -> list[str]:
    cursor.execute("PRAGMA foreign_key_check")
    lost = sorted({(str(table), str(parent)) for table, _, parent, _ in cursor.fetchmany(1000)})
    return [f"Rows of {table} refer to rows of {parent} that do not exist" for table, parent in lost]


def _postgresql(cursor: CursorWrapper) -> list[str]:
    """Indexes that are being built are not valid yet, which is no fault."""
    cursor.execute(
        "SELECT indexrelid::regclass::text FROM pg_index"
        " WHERE NOT indisvalid AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)"
    )
    invalid = [f"The index {name} is not valid: REINDEX INDEX CONCURRENTLY {name}" for (name,) in cursor.fetchall()]
    cursor.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"
    )
    unproven = [
        f"The foreign key {name} was never validated: ALTER TABLE {table} VALIDATE CONSTRAINT {name}"
        for table, name in cursor.fetchall()
    ]
    return invalid + unproven


_LOOKS = {"sqlite": _sqlite, "postgresql": _postgresql}
