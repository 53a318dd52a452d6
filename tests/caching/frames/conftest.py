from tests.caching.queries.conftest import cache, duckdb_path, optimizer, postgresql_url, sqlite, sqlite_path

__all__ = ["cache", "duckdb_path", "optimizer", "postgresql_url", "sqlite", "sqlite_path"]
