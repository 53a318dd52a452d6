"""What a SQLite database says of its tables; through this library's connections and through Django's."""

from typing import Any

from caching.queries.databases.base import Column, Connection, Cursor, Database, Index, rows

_INDEX_INFO = "SELECT name FROM pragma_index_info(?, ?)"


def tables(database: Database, connection: Connection) -> tuple[str, ...]:
    found = rows(database, connection, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
    return tuple(name for (name,) in found if not name.startswith("sqlite_"))


def columns(database: Database, connection: Connection, table: str, schema: str = "") -> tuple[Column, ...]:
    found = _table_info(database, connection, table, schema)
    never_null = _never_null(found, _has_rowid(database, connection, table, schema))
    return tuple(Column(name, kind.upper(), name not in never_null) for name, kind, _, _ in found)


def keys(database: Database, connection: Connection, table: str, schema: str = "") -> tuple[tuple[str, ...], ...]:
    """The primary key and unique indexes without NULL; else the row's own number, where nothing hides it."""
    found, has_rowid = _table_info(database, connection, table, schema), _has_rowid(database, connection, table, schema)
    primary = sorted((place, name) for name, _, _, place in found if place)
    unique = 'SELECT name FROM pragma_index_list(?, ?) WHERE "unique" = 1 AND partial = 0 ORDER BY seq'
    candidates = [tuple(name for _, name in primary)]
    names = rows(database, connection, unique, table, schema or None)
    candidates += [_index_columns(database, connection, name, schema) for (name,) in names]
    never_null = _never_null(found, has_rowid)
    usable = [candidate for candidate in candidates if candidate and never_null.issuperset(candidate)]
    if not usable and has_rowid and "rowid" not in {name.lower() for name, *_ in found}:
        usable = [("rowid",)]
    return tuple(dict.fromkeys(usable))


def indexes(database: Database, connection: Connection, table: str) -> dict[str, Index]:
    found = rows(
        database, connection, 'SELECT name, "unique" AND NOT partial FROM pragma_index_list(?) ORDER BY seq', table
    )
    return {name: Index(_index_columns(database, connection, name), bool(is_unique)) for name, is_unique in found}


def explain(cursor: Cursor, sql: str, parameters: Any) -> str:
    """SQLite's plan as an indented list."""
    cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
    depth: dict[int, int] = {0: -1}
    lines = []
    for step, parent, _, detail in cursor.fetchall():
        depth[step] = depth.get(parent, -1) + 1
        lines.append("  " * depth[step] + detail)
    return "\n".join(lines)


def _table_info(database: Database, connection: Connection, table: str, schema: str) -> list[Any]:
    """Name, type, whether NOT NULL was said, place in the primary key."""
    sql = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?, ?)'
    return rows(database, connection, sql, table, schema or None)


def _never_null(found: list[Any], has_rowid: bool) -> set[str]:
    """A primary key can be NULL, by an old mistake of SQLite's, unless it is the row's number or there is none."""
    primary = [(name, kind.upper()) for name, kind, _, place in found if place]
    is_rowid = [name for name, kind in primary if len(primary) == 1 and kind == "INTEGER"]
    said = [name for name, _, not_null, _ in found if not_null]
    return {*said, *(is_rowid if has_rowid else (name for name, _ in primary))}


def _has_rowid(database: Database, connection: Connection, table: str, schema: str) -> bool:
    sql = (
        "SELECT type = 'table' AND wr = 0 FROM pragma_table_list WHERE name = ? COLLATE NOCASE"
        " AND (? = '' OR schema = ? COLLATE NOCASE) ORDER BY schema <> 'temp', schema <> 'main' LIMIT 1"
    )
    return rows(database, connection, sql, table, schema, schema) == [(1,)]


def _index_columns(database: Database, connection: Connection, index: str, schema: str = "") -> tuple[str, ...]:
    """Empty for an index over an expression, which has no name to give."""
    found = [name for (name,) in rows(database, connection, _INDEX_INFO, index, schema or None)]
    return () if None in found else tuple(found)
