from tests.caching.queries.conftest import cache, optimizer, postgresql_url, sqlite, sqlite_path

__all__ = ["cache", "optimizer", "postgresql_url", "sqlite", "sqlite_path"]
