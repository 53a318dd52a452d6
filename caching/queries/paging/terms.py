"""The parts of an order: what the caller or the query says, and which columns it means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from caching.queries.errors import NoKey, UnknownName
from caching.queries.names import existing_name
from caching.queries.paging.keys import Source, spelled

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


def nulls_first(dialect: str, descending: bool) -> bool:
    """Where NULLs are when nothing is said: SQLite takes them as smallest, PostgreSQL as largest, DuckDB as last."""
    return {"sqlite": not descending, "postgres": descending}.get(dialect, False)


def said(tree: Any, order_by: Sequence[str], dialect: str) -> list[Term]:
    """What the caller says, else what the query says; names of its own columns stand for what they are."""
    if order_by:
        return [_parsed_term(text, dialect) for text in order_by]
    order = tree.args.get("order")
    terms = [] if order is None else [_given(part) for part in order.expressions]
    return [_resolved(term, tree, dialect) for term in terms]


def said_of_results(tree: Any, order_by: Sequence[str], names: list[str], dialect: str) -> list[Term]:
    """The same of a query whose columns are all there is; ``names`` are theirs, none where they cannot be told."""
    order = tree.args.get("order")
    if order_by:
        wanted = [_parsed_term(text, dialect) for text in order_by]
    else:
        wanted = [] if order is None else [_given(part) for part in order.expressions]
    for term in wanted:
        if names and term.expression.name.casefold() not in {name.casefold() for name in names}:
            raise UnknownName(f"{term.expression.sql()!r} is no column of the query. There are: {', '.join(names)}.")
    return wanted


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
    descending = (match["direction"] or "").upper() == "DESC"
    return Term(column, descending, nulls_first(dialect, descending), is_nullable=True)


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if len(name) > 1 and name[0] == name[-1] == '"' else name


def ascending(expression: Any, dialect: str, *, is_nullable: bool) -> Term:
    return Term(expression, False, nulls_first(dialect, False), is_nullable)


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


def own_column(term: Term, one: Source, tree: Any) -> Term:
    """A name that the caller gave, as what it means: an alias of the query, or a column of its table."""
    from sqlglot import exp

    name = term.expression.name
    for select in tree.selects:
        if select.alias.casefold() == name.casefold() and isinstance(select, exp.Alias):
            return replace(term, expression=select.this)
    if name != "rowid":
        name = existing_name(name, [column.name for column in one.columns], f"column of {one.name}")
    return replace(term, expression=one.column(name))


def of_tables(term: Term, sources: list[Source], dialect: str) -> Term:
    """What it says of ``sources``, so that nothing else can be meant, and indexes help where they can."""
    return _narrowed(_qualified(term, sources, dialect), sources)


def typed(term: Term, sources: list[Source], dialect: str) -> Term:
    """With the type of PostgreSQL's numbers of single precision: a driver gives others, which equal none of them."""
    table, name = column_name(term.expression)
    own = [one for one in sources if one.alias.name.casefold() == table]
    types = {column.name.casefold(): column.type for one in own for column in one.columns}
    return replace(term, type="REAL" if dialect == "postgres" and types.get(name) == "REAL" else "")


def _qualified(term: Term, sources: list[Source], dialect: str) -> Term:
    """Its columns with their tables: in ORDER BY a bare name could mean a column of the result that is called so."""
    from sqlglot import exp

    def with_table(node: Any) -> Any:
        if not isinstance(node, exp.Column) or node.table or isinstance(node.this, exp.Star):
            return node
        owners = [(one, name) for one in sources if (name := one.own_name(node.this, dialect)) is not None]
        return owners[0][0].column(owners[0][1]) if len(owners) == 1 else node

    return replace(term, expression=term.expression.copy().transform(with_table))


def _narrowed(term: Term, sources: list[Source]) -> Term:
    """Columns that are never NULL can be compared in a way that indexes help with."""
    if len(sources) > 1 or type(term.expression).__name__ != "Column":
        return term
    never = {column.name.casefold() for column in sources[0].columns if not column.is_nullable} | {"rowid"}
    return replace(term, is_nullable=term.expression.name.casefold() not in never)


def column_name(expression: Any) -> tuple[str, str]:
    """Table and column, when it is one; else nothing that a column could be called."""
    if type(expression).__name__ != "Column":
        return ("", "\0")
    return (expression.table.casefold(), expression.name.casefold())
