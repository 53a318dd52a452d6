"""Names of tables and columns in statements: only those that exist, and always quoted."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from hashlib import blake2b

from caching.queries.databases.base import Connection, Database
from caching.queries.errors import UnknownName

_MOST_NAMED = 20
_LONGEST_INDEX_NAME = 63  # bytes that PostgreSQL keeps of a name


def index_name(table: str, columns: Sequence[str]) -> str:
    """Names the table and columns; one that is too long ends in a digest, so that it stays apart from others."""
    name = "_".join(["idx", table, *columns])
    encoded = name.encode()
    if len(encoded) <= _LONGEST_INDEX_NAME:
        return name
    digest = blake2b(encoded, digest_size=4).hexdigest()
    return encoded[: _LONGEST_INDEX_NAME - 9].decode(errors="ignore") + "_" + digest


def index_names(table: str, columns: Sequence[str], *, unique: bool) -> tuple[str, str]:
    """The name, and the one for when another index has it: ``a_b`` of ``c`` and ``a`` of ``b_c`` are called the same.

    A unique index is called otherwise, since one that is not is no substitute.
    """
    first = index_name(table, [*columns, "unique"] if unique else columns)
    digest = blake2b(repr((table, *columns)).encode(), digest_size=4).hexdigest()
    return first, index_name(table, [*columns, *(["unique"] if unique else []), digest])


def existing_table(database: Database, connection: Connection, table: str) -> str:
    """Its name as the database spells it. Raises UnknownName, with the names that there are."""
    return existing_name(table, database.tables(connection), f"table in {database.name}")


def existing_columns(database: Database, connection: Connection, table: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Their names as the database spells them. Raises UnknownName, with the names that there are."""
    there = [column.name for column in database.columns(connection, table)]
    return tuple(existing_name(column, there, f"column of {table}") for column in columns)


def existing_name(name: str, there: Iterable[str], of: str) -> str:
    """The one of ``there`` that is meant, whichever its case. Raises UnknownName, saying what ``of`` there is."""
    names = list(there)
    if name in names:
        return name
    same = [one for one in names if one.casefold() == name.casefold()]
    if len(same) == 1:
        return same[0]
    raise UnknownName(f"{name!r} is no {of}.{_meant(name, names)} {_listed(names)}")


def _meant(name: str, names: list[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _listed(names: list[str]) -> str:
    if not names:
        return "There are none."
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"There are: {', '.join(names[:_MOST_NAMED])}{more}."
