"""The database's plan of a slow query, asked for on demand; nothing of it is executed."""

from django.db import Error as DatabaseError
from django.db import connections, transaction

from caching import Plan, QueryError, QueryOptimizer
from monitoring.health.reasons import without_secrets
from monitoring.models import QueryShape, SlowQuery
from monitoring.quiet import quietly

_EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


class NoPlan(Exception):
    """Why there is none, in a sentence for people."""


def plan(query: SlowQuery | QueryShape) -> str:
    """One line a step. PostgreSQL plans without values (GENERIC_PLAN, from 16 on). Raises NoPlan."""
    if not query.text.upper().startswith(_EXPLAINED):
        raise NoPlan(f"{query.text.partition(' ')[0]} has no plan.")
    if query.database not in connections or connections[query.database].vendor != query.vendor:
        raise NoPlan(f"This process has no {query.vendor} database called {query.database}.")
    connection = connections[query.database]
    text, placeholders = _numbered(query.text, query.vendor)
    try:
        with quietly(), transaction.atomic(query.database), connection.cursor() as cursor:
            if query.vendor == "postgresql":
                cursor.execute(f"EXPLAIN (GENERIC_PLAN) {text}")
                return "\n".join(row[0] for row in cursor.fetchall())
            if query.vendor == "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {text}", [None] * placeholders)
                return "\n".join(row[3] for row in cursor.fetchall())
    except DatabaseError as error:
        raise NoPlan(f"The database gives no plan: {error}") from error
    raise NoPlan(f"Plans of {query.vendor} are not supported.")


def plan_with_advice(query: QueryShape) -> Plan:
    """The plan, with indexes that would save reading whole tables. Raises NoPlan."""
    text = plan(query)
    try:
        with quietly():
            return QueryOptimizer(query.database).advise(query.text, text)
    except QueryError as error:
        raise NoPlan(f"There is no advice: {without_secrets(str(error))}") from error


def _numbered(text: str, vendor: str) -> tuple[str, int]:
    """The text with placeholders as the connection takes them, and their number."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    dialect = "postgres" if vendor == "postgresql" else vendor
    try:
        tree = parse_one(text, dialect=dialect)
    except SqlglotError as error:
        raise NoPlan("The text of the query is not understood.") from error
    found = list(tree.find_all(exp.Placeholder))
    if vendor != "postgresql":
        return tree.sql(dialect=dialect).replace("%", "%%").replace("?", "%s"), len(found)
    for number, placeholder in enumerate(found, start=1):
        placeholder.replace(exp.Parameter(this=exp.Literal.number(number)))
    return tree.sql(dialect=dialect), len(found)
