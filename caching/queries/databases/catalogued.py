"""Databases whose catalogue is read by a module of its own, through whichever connections."""

from typing import Any, Protocol

from caching.queries.databases.base import Column, Connection, Cursor, Database, Index


class Catalogue(Protocol):
    """``sqlite_catalog`` and ``postgresql_catalog``: each answers as the method of ``Database`` of the same name."""

    def tables(self, database: Database, connection: Connection) -> tuple[str, ...]: ...
    def columns(
        self, database: Database, connection: Connection, table: str, schema: str = ""
    ) -> tuple[Column, ...]: ...
    def keys(
        self, database: Database, connection: Connection, table: str, schema: str = ""
    ) -> tuple[tuple[str, ...], ...]: ...
    def indexes(self, database: Database, connection: Connection, table: str) -> dict[str, Index]: ...
    def explain(self, cursor: Cursor, sql: str, parameters: Any) -> str: ...


class CataloguedDatabase(Database):
    """Asks its ``catalogue``."""

    catalogue: Catalogue

    def tables(self, connection: Connection) -> tuple[str, ...]:
        return self.catalogue.tables(self, connection)

    def columns(self, connection: Connection, table: str, schema: str = "") -> tuple[Column, ...]:
        return self.catalogue.columns(self, connection, table, schema)

    def keys(self, connection: Connection, table: str, schema: str = "") -> tuple[tuple[str, ...], ...]:
        return self.catalogue.keys(self, connection, table, schema)

    def indexes(self, connection: Connection, table: str) -> dict[str, Index]:
        return self.catalogue.indexes(self, connection, table)

    def explain(self, cursor: Cursor, sql: str, parameters: Any) -> str:
        return self.catalogue.explain(cursor, sql, parameters)
