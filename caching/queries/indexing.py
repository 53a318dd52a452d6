"""Making an index once, by a name that no other index has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from caching.queries.databases.base import Index, quoted
from caching.queries.errors import QueryFailed
from caching.queries.names import existing_columns, existing_table, index_names, kept_name

if TYPE_CHECKING:
    from caching.queries.optimizer import QueryOptimizer


def create_index(
    optimizer: "QueryOptimizer", table: str, columns: str | Sequence[str], *, unique: bool, name: str
) -> str:
    """As ``QueryOptimizer.create_index``."""
    database = optimizer.database
    with optimizer.executor.borrowed(optimizer.limits) as connection:
        table = existing_table(database, connection, table)
        asked = [columns] if isinstance(columns, str) else columns
        wanted = Index(existing_columns(database, connection, table, asked), is_unique=unique)
    names = (name,) if name else index_names(table, wanted.columns, unique=unique)
    for one in names:
        kept = kept_name(one, database.dialect)
        found, index = _named(optimizer, table, kept)
        if index is None:
            found, index = _made(optimizer, table, wanted, kept)
        if index is not None and index.serves_as(wanted):
            return found
    raise QueryFailed(f"{database.name} has another index called {found!r}, {_described(index)}. Give another name.")


def _made(optimizer: "QueryOptimizer", table: str, wanted: Index, name: str) -> tuple[str, Index | None]:
    """What has the name afterwards: two who do this at once both have the index."""
    kind = "UNIQUE INDEX" if wanted.is_unique else "INDEX"
    inside = ", ".join(map(quoted, wanted.columns))
    optimizer.execute_query(f"CREATE {kind} IF NOT EXISTS {quoted(name)} ON {quoted(table)} ({inside})")
    return _named(optimizer, table, name)


def _named(optimizer: "QueryOptimizer", table: str, name: str) -> tuple[str, Index | None]:
    """The index of ``table`` that is called so, as the database spells it; None when there is none."""
    with optimizer.executor.borrowed(optimizer.limits) as connection:
        there = optimizer.database.indexes(connection, table)
    is_exact = optimizer.database.dialect == "postgres"
    same = [one for one in there if one == name or (not is_exact and one.casefold() == name.casefold())]
    return (same[0], there[same[0]]) if same else (name, None)


def _described(index: Index | None) -> str:
    if index is None:
        return "of another table"
    return f"{'unique' if index.is_unique else 'not unique'}, of {', '.join(index.columns) or 'an expression'}"
