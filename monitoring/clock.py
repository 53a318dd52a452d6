"""Clocks at the edges: the database's for what several hosts compete for, milliseconds for samples."""

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The time all hosts agree on: PostgreSQL's own clock; on SQLite, one host's, Python's."""
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    now: datetime = row[0]
    return now.astimezone(UTC)


def to_ms(at: datetime) -> int:
    """Milliseconds since the epoch of an aware time."""
    return round(at.timestamp() * 1000)


def from_ms(at_ms: int) -> datetime:
    """The aware UTC time of milliseconds since the epoch."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
