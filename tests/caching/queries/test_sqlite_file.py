"""The version of a SQLite file, looked at beside connections of the same process."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from caching.queries.databases.sqlite_file import file_version

CLOSES_LAST = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM t').connection.close()"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.sqlite3"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (n)")
        yield connection


def test_looking_takes_no_lock_from_connections_of_this_process(path: Path, connection: sqlite3.Connection) -> None:
    file_version(path)
    subprocess.run([sys.executable, "-c", CLOSES_LAST, str(path)], check=True)
    assert Path(f"{path}-wal").exists()  # else it took itself for the last one, and what is written now is lost
    connection.execute("INSERT INTO t VALUES (1)")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT n FROM t").fetchall() == [(1,)]


def test_a_file_put_in_its_place_is_looked_at(path: Path, connection: sqlite3.Connection) -> None:
    before = file_version(path)
    connection.close()
    path.unlink()
    assert file_version(path) is None
    path.write_bytes(bytes(200))
    assert file_version(path) not in (None, before)
    assert file_version(path) == file_version(path)
