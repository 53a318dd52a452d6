"""What a PostgreSQL database says of its tables; through SQLAlchemy's connections and through Django's."""

from typing import Any

from caching.queries.databases.base import Column, Connection, Cursor, Database, Index, quoted, rows


def version(database: Database, connection: Connection) -> str:
    """The snapshot: while it stays the same, no transaction that writes has begun or ended in the whole server."""
    ((found,),) = rows(database, connection, "SELECT pg_current_snapshot()::text")
    return str(found)


def tables(database: Database, connection: Connection) -> tuple[str, ...]:
    sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name"
    return tuple(name for (name,) in rows(database, connection, sql))


def columns(database: Database, connection: Connection, table: str, schema: str = "") -> tuple[Column, ...]:
    sql = (
        "SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns"
        " WHERE (table_schema, table_name) = (SELECT n.nspname, c.relname FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(?)) ORDER BY ordinal_position"
    )
    named = _regclass(table, schema)
    return tuple(
        Column(name, kind.upper(), nullable) for name, kind, nullable in rows(database, connection, sql, named)
    )


def keys(database: Database, connection: Connection, table: str, schema: str = "") -> tuple[tuple[str, ...], ...]:
    never_null = {column.name for column in columns(database, connection, table, schema) if not column.is_nullable}
    found = [
        tuple(names) for _, names, is_key in rows(database, connection, _INDEXES, _regclass(table, schema)) if is_key
    ]
    return tuple(names for names in found if never_null.issuperset(names))


def indexes(database: Database, connection: Connection, table: str) -> dict[str, Index]:
    found = rows(database, connection, _INDEXES, _regclass(table))
    return {name: Index(tuple(names), is_key) for name, names, is_key in found}


def _regclass(table: str, schema: str = "") -> str:
    """For ``to_regclass``, which looks along the search path when there is no schema."""
    return ".".join(quoted(name) for name in (schema, table) if name)


def explain(cursor: Cursor, sql: str, parameters: Any) -> str:
    cursor.execute(f"EXPLAIN {sql}", parameters)
    return "\n".join(line for (line,) in cursor.fetchall())


# Name, columns, whether it is a key; an expression is no column, so an index over some shows the columns besides.
_INDEXES = """
SELECT i.relname,
       array(SELECT a.attname::text FROM unnest(x.indkey::smallint[]) WITH ORDINALITY AS k(number, place)
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
             WHERE k.place <= x.indnkeyatts ORDER BY k.place),
       x.indisunique AND x.indpred IS NULL AND x.indexprs IS NULL
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE x.indisvalid AND t.oid = to_regclass(?)
ORDER BY x.indisprimary DESC, i.relname
"""
