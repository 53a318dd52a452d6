"""The order of a query's rows, made total: what the query or the caller says, then the keys of its tables.

An order by which two rows are equal would lose one of them between two pages.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from caching.queries.databases.base import Connection, Database
from caching.queries.errors import NoKey, UnknownName
from caching.queries.names import existing_name
from caching.queries.paging.chance import is_by_chance
from caching.queries.paging.keys import Source, shown_name, source, spelled
from caching.queries.paging.written import as_written
from caching.queries.statements import parsed

_SAID = re.compile(r"\s*(?P<column>.+?)(?:\s+(?P<direction>ASC|DESC))?\s*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Term:
    """One part of an order: SQL that is looked at, and how. ``nulls_first`` says where its NULLs are."""

    expression: Any  # of sqlglot
    descending: bool
    nulls_first: bool
    is_nullable: bool
    type: str = ""  # in the database, where what a driver makes of a value does not equal it

    def reversed(self) -> "Term":
        return replace(self, descending=not self.descending, nulls_first=not self.nulls_first)


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


def nulls_first(dialect: str, descending: bool) -> bool:
    """Where NULLs are when nothing is said: SQLite takes them as smallest, PostgreSQL as largest, DuckDB as last."""
    return {"sqlite": not descending, "postgres": descending}.get(dialect, False)


def ordered(database: Database, connection: Connection, sql: str, order_by: Sequence[str]) -> Ordered:
    """Finds the order. Raises NoKey, saying what is missing, and UnknownName."""
    from sqlglot import exp

    tree = parsed(sql, database.dialect)
    if not isinstance(tree, exp.Query):
        raise NoKey("Only one SELECT statement can be read in pages; this is something else, or is not understood.")
    found = _of_rows(database, connection, tree, order_by) if _is_plain(tree) else _of_results(database, tree, order_by)
    for looked_at in [term.expression for term in found.terms] if found.is_plain else [tree]:
        if is_by_chance(looked_at):
            raise NoKey("The order depends on chance, so it is another one with each page. Order by what is stored.")
    return replace(found, tree=as_written(found.tree, sql, database.dialect, is_plain=found.is_plain))


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
    said = _said(tree, order_by, database.dialect)
    tables = _sources(tree)
    if not said and len(tables) > 1:
        raise NoKey("The query reads more than one table and has no order. Give order_by.")
    sources = [source(database, connection, table) for table in tables]
    if order_by and len(sources) == 1:
        said = [_existing(term, sources[0], tree) for term in said]
    terms = [_narrowed(_qualified(term, sources, database.dialect), sources) for term in said]
    told = {_name(term.expression) for term in terms}
    for one in sources:
        terms += [
            _term(one.column(column), False, database.dialect, is_nullable=len(sources) > 1)
            for column in one.key
            if not told & {(one.alias.name.casefold(), column.casefold()), ("", column.casefold())}
        ]
    terms = [replace(term, type=_inexact_type(term, sources, database.dialect)) for term in terms]
    return Ordered(_without_order(tree), tuple(terms), is_plain=True, is_proven=True)


def _of_results(database: Database, tree: Any, order_by: Sequence[str]) -> Ordered:
    """Groups, unions and the like: their columns are all there is. Of DISTINCT, all of them tell rows apart."""
    from sqlglot import exp

    names = [] if tree.is_star else [shown_name(select, database.dialect) for select in tree.selects]
    said = _said_of_results(tree, order_by, names, database.dialect)
    group = tree.args.get("group")
    unique: list[str] = []
    if group is not None and not tree.args.get("limit"):
        unique = _grouped(tree, group, database.dialect)
    elif _is_distinct(tree):
        unique = names
    if not said and not unique:
        raise NoKey(
            "Nothing says what tells the rows of this query apart. Give order_by, with names of its columns "
            "that together never repeat."
        )
    told = {_name(term.expression)[1] for term in said}
    rest = [
        _term(exp.column(name, quoted=True), False, database.dialect, True)
        for name in unique
        if name.casefold() not in told
    ]
    kept = tree if tree.args.get("limit") else _without_order(tree)
    return Ordered(kept, (*said, *rest), is_plain=False, is_proven=bool(unique))


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


def _said(tree: Any, order_by: Sequence[str], dialect: str) -> list[Term]:
    """What the caller says, else what the query says; names of its own columns stand for what they are."""
    if order_by:
        return [_parsed_term(text, dialect) for text in order_by]
    order = tree.args.get("order")
    terms = [] if order is None else [_given(part) for part in order.expressions]
    return [_resolved(term, tree, dialect) for term in terms]


def _said_of_results(tree: Any, order_by: Sequence[str], names: list[str], dialect: str) -> list[Term]:
    order = tree.args.get("order")
    if order_by:
        said = [_parsed_term(text, dialect) for text in order_by]
    else:
        said = [] if order is None else [_given(part) for part in order.expressions]
    for term in said:
        if names and term.expression.name.casefold() not in {name.casefold() for name in names}:
            raise UnknownName(f"{term.expression.sql()!r} is no column of the query. There are: {', '.join(names)}.")
    return said


def _given(part: Any) -> Term:
    return Term(part.this, bool(part.args.get("desc")), bool(part.args.get("nulls_first")), is_nullable=True)


def _parsed_term(text: str, dialect: str) -> Term:
    """``year`` or ``year DESC``: a name as it is, never SQL."""
    from sqlglot import exp

    match = _SAID.fullmatch(text)
    if match is None:
        raise UnknownName("order_by has an empty name.")
    table, _, name = match["column"].strip().rpartition(".")
    column = exp.column(_bare(name), table=_bare(table) or None, quoted=True)
    return _term(column, (match["direction"] or "").upper() == "DESC", dialect, is_nullable=True)


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if len(name) > 1 and name[0] == name[-1] == '"' else name


def _term(expression: Any, descending: bool, dialect: str, is_nullable: bool) -> Term:
    return Term(expression, descending, nulls_first(dialect, descending), is_nullable)


def _resolved(term: Term, tree: Any, dialect: str) -> Term:
    """``ORDER BY 2`` and ``ORDER BY alias`` as the expression that is meant."""
    from sqlglot import exp

    expression = term.expression
    if isinstance(expression, exp.Literal) and expression.is_int:
        expression = _numbered(tree, int(expression.name))
    elif isinstance(expression, exp.Column) and not expression.table:
        aliased = [select for select in tree.selects if isinstance(select, exp.Alias)]
        named = {spelled(select.args["alias"], dialect): select.this for select in aliased}
        expression = named.get(spelled(expression.this, dialect), expression)
    if expression.find(exp.Placeholder) is not None:
        raise NoKey("The order has a parameter in it. Write its value into the query, or give order_by.")
    return replace(term, expression=expression)


def _numbered(tree: Any, place: int) -> Any:
    if tree.is_star or not 1 <= place <= len(tree.selects):
        raise NoKey(f"ORDER BY {place} names no column that can be told. Write the name of the column.")
    return tree.selects[place - 1].unalias()


def _existing(term: Term, one: Source, tree: Any) -> Term:
    """A name that the caller gave, as what it means: an alias of the query, or a column of its table."""
    from sqlglot import exp

    name = term.expression.name
    for select in tree.selects:
        if select.alias.casefold() == name.casefold() and isinstance(select, exp.Alias):
            return replace(term, expression=select.this)
    if name != "rowid":
        name = existing_name(name, [column.name for column in one.columns], f"column of {one.name}")
    return replace(term, expression=one.column(name))


def _qualified(term: Term, sources: list[Source], dialect: str) -> Term:
    """Its columns with their tables: in ORDER BY a bare name could mean a column of the result that is called so."""
    from sqlglot import exp

    def with_table(node: Any) -> Any:
        if not isinstance(node, exp.Column) or node.table or isinstance(node.this, exp.Star):
            return node
        owners = [(one, name) for one in sources if (name := one.own_name(node.this, dialect)) is not None]
        return owners[0][0].column(owners[0][1]) if len(owners) == 1 else node

    return replace(term, expression=term.expression.copy().transform(with_table))


def _inexact_type(term: Term, sources: list[Source], dialect: str) -> str:
    """PostgreSQL's numbers of single precision, which a driver gives as others that equal none of them."""
    table, name = _name(term.expression)
    own = [one for one in sources if one.alias.name.casefold() == table]
    types = {column.name.casefold(): column.type for one in own for column in one.columns}
    return "REAL" if dialect == "postgres" and types.get(name) == "REAL" else ""


def _narrowed(term: Term, sources: list[Source]) -> Term:
    """Columns that are never NULL can be compared in a way that indexes help with."""
    if len(sources) > 1 or type(term.expression).__name__ != "Column":
        return term
    never = {column.name.casefold() for column in sources[0].columns if not column.is_nullable} | {"rowid"}
    return replace(term, is_nullable=term.expression.name.casefold() not in never)


def _name(expression: Any) -> tuple[str, str]:
    """Table and column, when it is one; else nothing that a column could be called."""
    if type(expression).__name__ != "Column":
        return ("", "\0")
    return (expression.table.casefold(), expression.name.casefold())


def _without_order(tree: Any) -> Any:
    kept = tree.copy()
    kept.set("order", None)
    return kept
