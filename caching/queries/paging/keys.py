"""The tables that a query reads, as its database knows them, and what tells their rows apart."""

from dataclasses import dataclass
from typing import Any

from caching.queries.databases.base import Column, Connection, Database
from caching.queries.errors import NoKey, UnknownName


@dataclass(frozen=True, slots=True)
class Source:
    """``schema`` is empty where the query names none; ``alias`` is what its columns are called by."""

    name: str
    schema: str
    alias: Any  # an identifier of sqlglot
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def column(self, name: str) -> Any:
        """``name`` of this table and of no other, whatever else the query calls so."""
        from sqlglot import exp

        return exp.column(exp.to_identifier(name, quoted=name != "rowid"), table=self.alias.copy())

    def own_name(self, identifier: Any, dialect: str) -> str | None:
        """The name of the column that ``identifier`` means here, None when it means none."""
        wanted = spelled(identifier, dialect)
        names = {one.name if dialect == "postgres" else one.name.lower(): one.name for one in self.columns}
        return names.get(wanted, "rowid" if self.key == ("rowid",) and wanted == "rowid" else None)


def source(database: Database, connection: Connection, table: Any) -> Source:
    """Of a table of sqlglot. Raises UnknownName, and NoKey when its rows cannot be told apart."""
    from sqlglot import exp

    name, schema = spelled(table.this, database.dialect), spelled(table.args.get("db"), database.dialect)
    columns = database.columns(connection, name, schema)
    if not columns:
        raise UnknownName(f"There is no table {table.name} in {database.name}, or it may not be read.")
    keys = database.keys(connection, name, schema)
    if not keys:
        raise NoKey(
            f"{table.name} has no primary key and no unique columns that are NOT NULL: "
            "its rows cannot be told apart. Add one, or read it through a query that has some."
        )
    alias = table.args["alias"].this if table.args.get("alias") else exp.to_identifier(name, quoted=True)
    return Source(name, schema, alias, columns, keys[0])


def spelled(identifier: Any, dialect: str) -> str:
    """A name as the database compares it: PostgreSQL minds the case of what is quoted, the others of nothing."""
    if identifier is None:
        return ""
    is_exact = dialect == "postgres" and identifier.args.get("quoted")
    return str(identifier.name) if is_exact else str(identifier.name).lower()


def shown_name(select: Any, dialect: str) -> str:
    """What a column of the result is called."""
    from sqlglot import exp

    named = select.args.get("alias") if isinstance(select, exp.Alias) else select.this
    if not isinstance(named, exp.Identifier):
        return str(select.alias_or_name)
    return spelled(named, dialect) if dialect == "postgres" else str(named.name)
