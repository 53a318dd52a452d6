"""Which database is meant: a path, an alias of Django's settings, or a URL."""

from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from caching.queries.databases.base import Database
from caching.queries.databases.django_alias import DjangoDatabase
from caching.queries.databases.duck import DuckDatabase
from caching.queries.databases.pooled import POOL_SIZE, WAIT_SECONDS
from caching.queries.databases.postgresql import PostgresqlDatabase
from caching.queries.databases.sqlite import SqliteDatabase
from caching.queries.errors import NoDatabase

_DUCK_SUFFIXES = (".duckdb", ".ddb")


@dataclass(frozen=True, slots=True)
class Options:
    """How to connect. ``wait_seconds``: for a free connection. ``wal``: SQLite's write-ahead log."""

    read_only: bool = False
    pool_size: int = POOL_SIZE
    wait_seconds: float = WAIT_SECONDS
    wal: bool = True


def open_database(database: "str | PathLike[str] | Database", options: Options) -> Database:
    """Opens no connection yet. An alias goes before a file of the same name. Raises NoDatabase."""
    if isinstance(database, Database):
        return database
    text = fspath(database)
    if "://" in text:
        return _by_url(text, options)
    if isinstance(database, str) and _is_alias(text):
        return DjangoDatabase(text, read_only=options.read_only)
    return _by_path(Path(text), options)


def _is_alias(text: str) -> bool:
    from django.conf import settings

    return settings.configured and text in settings.DATABASES


def _by_path(path: Path, options: Options) -> Database:
    return (_duck if path.suffix in _DUCK_SUFFIXES else _sqlite)(path, options)


def _by_url(url: str, options: Options) -> Database:
    scheme = urlsplit(url).scheme.partition("+")[0]
    path = Path(unquote(url.split("://", 1)[1]).partition("?")[0].removeprefix("/"))
    if scheme == "sqlite":
        return _sqlite(path, options)
    if scheme == "duckdb":
        return _duck(path, options)
    if scheme in ("postgresql", "postgres"):
        return _postgresql(url, options)
    raise NoDatabase(f"{scheme}:// is not supported; sqlite, duckdb and postgresql are, and aliases of Django.")


def _sqlite(path: Path, options: Options) -> Database:
    return SqliteDatabase(
        path,
        read_only=options.read_only,
        pool_size=options.pool_size,
        wait_seconds=options.wait_seconds,
        wal=options.wal,
    )


def _duck(path: Path, options: Options) -> Database:
    return DuckDatabase(
        path, read_only=options.read_only, pool_size=options.pool_size, wait_seconds=options.wait_seconds
    )


def _postgresql(url: str, options: Options) -> Database:
    return PostgresqlDatabase(
        url, read_only=options.read_only, pool_size=options.pool_size, wait_seconds=options.wait_seconds
    )
