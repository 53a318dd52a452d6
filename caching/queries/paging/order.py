"""The order of a query's rows, made total: what the query or the caller says, then the keys of its tables.

An order by which two rows are equal would lose one of them between two pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from caching.queries.databases.base import Connection, Database
from caching.queries.errors import NoKey
from caching.queries.paging.chance import is_by_chance, is_by_clock, moving_columns
from caching.queries.paging.keys import shown_name, source
from caching.queries.paging.terms import (
    Term,
    ascending,
    column_name,
    of_tables,
    own_column,
    said,
    said_of_results,
    typed,
)
from caching.queries.paging.written import as_written
from caching.queries.statements import parsed


@dataclass(frozen=True, slots=True)
class Ordered:
    """A query that can be read in pages.

    ``is_plain``: one SELECT whose rows are rows of its tables, so conditions can be put into it; any other is put into
    a subquery. ``is_proven``: no two rows are equal by the order; where that is not known it has to be looked up.
    """

    tree: Any
    terms: tuple[Term, ...]
    is_plain: bool
    is_proven: bool


def ordered(database: Database, connection: Connection, sql: str, order_by: Sequence[str]) -> Ordered:
    """Finds the order. Raises NoKey, saying what is missing, and UnknownName."""
    from sqlglot import exp

    tree = parsed(sql, database.dialect)
    if not isinstance(tree, exp.Query):
        raise NoKey("Only one SELECT statement can be read in pages; this is something else, or is not understood.")
    found = _of_rows(database, connection, tree, order_by) if _is_plain(tree) else _of_results(database, tree, order_by)
    _check_stays(tree, found)
    return replace(found, tree=as_written(found.tree, sql, database.dialect, is_plain=found.is_plain))


def _check_stays(tree: Any, found: Ordered) -> None:
    """Raises NoKey for an order that is another one when the next page is asked for."""
    from sqlglot import exp

    if tree.find(exp.TableSample):
        raise NoKey("The rows are drawn by chance, so each page has others. Store them, and read those in pages.")
    wanted = [term.expression for term in found.terms]
    if any(map(is_by_chance, wanted if found.is_plain else [tree])):
        raise NoKey("The order depends on chance, so it is another one with each page. Order by what is stored.")
    moving = () if found.is_plain else moving_columns(tree)
    if any(is_by_clock(one) or column_name(one)[1] in moving for one in wanted):
        raise NoKey("The order depends on the clock, so it is another one with each page. Order by what is stored.")


def _is_plain(tree: Any) -> bool:
    from sqlglot import exp

    if not isinstance(tree, exp.Select) or any(tree.args.get(part) for part in _MAKES_ROWS):
        return False
    sources = _sources(tree)
    if not sources or not all(isinstance(source, exp.Table) and source.name for source in sources):
        return False
    inside = {with_.alias for with_ in tree.find_all(exp.CTE)}
    if any(source.name in inside for source in sources):
        return False
    return not any(one.find_ancestor(exp.Select) is tree for one in tree.find_all(exp.AggFunc, exp.Window))


_MAKES_ROWS = ("group", "having", "distinct", "limit", "offset", "qualify", "windows", "laterals", "pivots")


def _sources(tree: Any) -> list[Any]:
    from_ = tree.args.get("from_") or tree.args.get("from")
    joins = tree.args.get("joins") or []
    return [] if from_ is None else [from_.this, *(join.this for join in joins)]


def _of_rows(database: Database, connection: Connection, tree: Any, order_by: Sequence[str]) -> Ordered:
    """Rows of tables: their keys, all together, tell them apart."""
    wanted = said(tree, order_by, database.dialect)
    tables = _sources(tree)
    if not wanted and len(tables) > 1:
        raise NoKey("The query reads more than one table and has no order. Give order_by.")
    sources = [source(database, connection, table) for table in tables]
    if order_by and len(sources) == 1:
        wanted = [own_column(term, sources[0], tree) for term in wanted]
    terms = [of_tables(term, sources, database.dialect) for term in wanted]
    told = {column_name(term.expression) for term in terms}
    for one in sources:
        terms += [
            ascending(one.column(column), database.dialect, is_nullable=len(sources) > 1)
            for column in one.key
            if not told & {(one.alias.name.casefold(), column.casefold()), ("", column.casefold())}
        ]
    terms = [typed(term, sources, database.dialect) for term in terms]
    return Ordered(_without_order(tree), tuple(terms), is_plain=True, is_proven=True)


def _of_results(database: Database, tree: Any, order_by: Sequence[str]) -> Ordered:
    """Groups, unions and the like: their columns are all there is. Of DISTINCT, all of them tell rows apart."""
    from sqlglot import exp

    names = [] if tree.is_star else [shown_name(select, database.dialect) for select in tree.selects]
    wanted = said_of_results(tree, order_by, names, database.dialect)
    group = tree.args.get("group")
    unique: list[str] = []
    if group is not None and not tree.args.get("limit"):
        unique = _grouped(tree, group, database.dialect)
    elif _is_distinct(tree):
        unique = names
    if not wanted and not unique:
        raise NoKey(
            "Nothing says what tells the rows of this query apart. Give order_by, with names of its columns "
            "that together never repeat."
        )
    told = {column_name(term.expression)[1] for term in wanted}
    rest = [
        ascending(exp.column(name, quoted=True), database.dialect, is_nullable=True)
        for name in unique
        if name.casefold() not in told
    ]
    kept = tree if tree.args.get("limit") else _without_order(tree)
    return Ordered(kept, (*wanted, *rest), is_plain=False, is_proven=bool(unique))


def _is_distinct(tree: Any) -> bool:
    """Of a union sqlglot says it as a truth value, UNION ALL being False; of SELECT as a clause, maybe with ON."""
    from sqlglot import exp

    distinct = tree.args.get("distinct")
    return not distinct.args.get("on") if isinstance(distinct, exp.Distinct) else bool(distinct)


def _grouped(tree: Any, group: Any, dialect: str) -> list[str]:
    """Names of the columns that are grouped by; none when one of them is not shown, exactly as it is grouped by.

    What a bare name means in GROUP BY, a column of the table or of the result, is not the same everywhere.
    """
    if group.args.get("rollup") or group.args.get("cube") or group.args.get("grouping_sets"):
        return []
    shown = {select.unalias().sql(): shown_name(select, dialect) for select in tree.selects}
    numbered = {str(place): shown_name(select, dialect) for place, select in enumerate(tree.selects, start=1)}
    found = [(numbered if part.is_int else shown).get(part.sql()) for part in group.expressions]
    return [] if None in found else [name for name in found if name]


def _without_order(tree: Any) -> Any:
    kept = tree.copy()
    kept.set("order", None)
    return kept
