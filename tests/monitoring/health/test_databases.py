import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper

from monitoring.health.databases import Integrity, QueryPerformance
from monitoring.models import Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limits", "status"),
    [((1e6, 1e6), Status.HEALTHY), ((0, 1e6), Status.WARNING), ((0, 0), Status.CRITICAL)],
)
def test_reading_is_judged_by_how_long_it_takes(limits: tuple[float, float], status: Status) -> None:
    finding = QueryPerformance(*limits).find(NOW)
    assert finding.status is status
    assert finding.metadata["query_ms"] >= 0


def test_the_limits_are_those_of_the_guide() -> None:
    assert (QueryPerformance().warning_ms, QueryPerformance().critical_ms) == (100, 500)


@pytest.mark.django_db(transaction=True)
def test_a_whole_database_is_healthy() -> None:
    assert Integrity().find(NOW).status is Status.HEALTHY


@pytest.mark.django_db(transaction=True)
def test_rows_that_refer_to_nothing_are_found() -> None:
    if connection.vendor == "postgresql":  # enforces them, but for ones that were never validated
        sql = (
            "ALTER TABLE ahgd_monitoring_healthrecord ADD CONSTRAINT unproven"
            " FOREIGN KEY (state_id) REFERENCES ahgd_monitoring_healthcheckstate NOT VALID"
        )
        undo = "ALTER TABLE ahgd_monitoring_healthrecord DROP CONSTRAINT unproven"
        says = "foreign key unproven was never validated"
    else:
        sql = (
            "INSERT INTO ahgd_monitoring_healthrecord"
            " (state_id, at, status, message, duration_ms, metadata, is_transition)"
            " VALUES (4711, 1, 'healthy', '', 1, '{}', 0)"
        )
        undo = "DELETE FROM ahgd_monitoring_healthrecord WHERE state_id = 4711"
        says = "Rows of ahgd_monitoring_healthrecord refer to rows of ahgd_monitoring_healthcheckstate"
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        cursor.execute(sql)
    try:
        finding = Integrity().find(NOW)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(undo)
    assert (finding.status, finding.metadata) == (Status.CRITICAL, {"problems": 1})
    assert says in finding.message


@pytest.fixture
def broken_index(tmp_path: Path) -> Iterator[None]:
    """PostgreSQL: one marked as not valid. SQLite: the database of this test is one whose index lacks a row."""
    if connection.vendor == "postgresql":
        mark = "UPDATE pg_index SET indisvalid = {} WHERE indexrelid = 'health_state_at'::regclass"
        with connection.cursor() as cursor:
            cursor.execute(mark.format("false"))
            yield
            cursor.execute(mark.format("true"))
        return
    own = connections["default"]
    connections["default"] = broken_sqlite(own, tmp_path / "broken.sqlite3")
    yield
    connections["default"].close()
    connections["default"] = own


def broken_sqlite(own: BaseDatabaseWrapper, path: Path) -> BaseDatabaseWrapper:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (3, 4); CREATE INDEX ops_index ON t (a);"
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX ops_index ON t (b)' WHERE name = 'ops_index';"
        )
    wrapper = own.copy()
    wrapper.settings_dict = wrapper.settings_dict | {"NAME": str(path)}
    return wrapper


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broken_index")
def test_an_index_that_is_broken_is_found_and_named() -> None:
    finding = Integrity().find(NOW)
    assert finding.status is Status.CRITICAL
    assert ("health_state_at" if connection.vendor == "postgresql" else "ops_index") in finding.message


@pytest.fixture
def torn_file(tmp_path: Path, transactional_db: None) -> Iterator[None]:
    """A SQLite database out of whose middle a part is lost, as by a disk that fails."""
    path = tmp_path / "torn.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE t (a); CREATE TABLE u (a);")
        database.executemany("INSERT INTO t VALUES (?)", [("x" * 3000,)] * 50)
        database.commit()
    torn = bytearray(path.read_bytes())
    torn[200:4096] = b"\xff" * (4096 - 200)
    path.write_bytes(torn)
    own = connections["default"]
    wrapper = DatabaseWrapper(
        own.settings_dict | {"NAME": str(path), "ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}}
    )
    connections["default"] = wrapper
    yield
    wrapper.close()
    connections["default"] = own


@pytest.mark.once
@pytest.mark.usefixtures("torn_file")
def test_a_file_too_broken_to_be_examined_is_critical() -> None:
    finding = Integrity().find(NOW)
    assert finding.status is Status.CRITICAL
    assert "damaged" in finding.message
