"""A database's plan, and the indexes that it misses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from caching.queries.databases.base import quoted
from caching.queries.names import index_name
from caching.queries.statements import parsed

_SCANS = {
    "sqlite": re.compile(r"\bSCAN (?!CONSTANT|SUBQUERY|\d)(?:TABLE )?(\S+)(?! USING (?:COVERING )?INDEX)"),
    "postgresql": re.compile(r"\bSeq Scan on (\S+?)(?:\s+(?!\()(\S+))?\s+\("),
}
_SORTS = {"sqlite": "USE TEMP B-TREE FOR ORDER BY", "postgresql": "Sort Key:"}


@dataclass(frozen=True, slots=True)
class Advice:
    """An index that would let the database look up what it now finds by reading a whole table."""

    table: str
    columns: tuple[str, ...]
    reason: str

    @property
    def sql(self) -> str:
        name = index_name(self.table, self.columns)
        return f"CREATE INDEX {quoted(name)} ON {quoted(self.table)} ({', '.join(map(quoted, self.columns))})"


@dataclass(frozen=True, slots=True)
class Plan:
    """``scanned``: tables, or their aliases, that are read whole; ``sorts``: rows are sorted, which no index did."""

    text: str
    scanned: tuple[str, ...]
    sorts: bool
    advice: tuple[Advice, ...] = ()


def read_plan(text: str, vendor: str) -> Plan:
    """DuckDB reads columns, and skips what it need not read by itself: scans are not counted there."""
    pattern = _SCANS.get(vendor)
    found = [match.groups() for match in pattern.finditer(text)] if pattern is not None else []
    scanned = dict.fromkeys((groups[-1] or groups[0]).strip('"') for groups in found)
    return Plan(text, tuple(scanned), vendor in _SORTS and _SORTS[vendor] in text)


def advise(
    plan: Plan, sql: str, dialect: str, tables: Mapping[str, tuple[str, ...]], indexes: Mapping[str, Any]
) -> tuple[Advice, ...]:
    """Of each table that is read whole: the columns compared with one value, then one with a range or the order.

    ``tables`` has the columns of each table, ``indexes`` the columns of the indexes that each has already.
    """
    tree = parsed(sql, dialect)
    if tree is None or not plan.scanned:
        return ()
    found = [_advice(tree, table, alias, plan, tables) for table, alias in _named(tree) if alias in plan.scanned]
    return tuple(one for one in found if one is not None and not _is_covered(one, indexes.get(one.table, ())))


def _named(tree: Any) -> list[tuple[str, str]]:
    """Tables with the names that the plan has for them."""
    from sqlglot import exp

    return list(dict.fromkeys((table.name, table.alias_or_name) for table in tree.find_all(exp.Table)))


def _advice(tree: Any, table: str, alias: str, plan: Plan, tables: Mapping[str, tuple[str, ...]]) -> Advice | None:
    own = {name.casefold(): name for name in tables.get(table, ())}
    others = {name.casefold() for other, names in tables.items() if other != table for name in names}

    def column(node: Any) -> str | None:
        """The table's column that ``node`` is, when it is one and nothing but it."""
        if type(node).__name__ != "Column" or node.table not in ("", alias):
            return None
        name = node.name.casefold()
        return None if not node.table and name in others else own.get(name)

    equal, ranged = _compared(tree, column)
    ordered = _ordered(tree, column) if plan.sorts and not ranged else []
    columns = tuple(dict.fromkeys([*equal, *(ranged[:1] or ordered)]))
    if not columns:
        return None
    return Advice(table, columns, f"{table} is read whole to find rows by {', '.join(columns)}.")


def _compared(tree: Any, column: Any) -> tuple[list[str], list[str]]:
    """Columns that have to be equal to something, and columns that have to lie in a range."""
    from sqlglot import exp

    equal: list[str] = []
    ranged: list[str] = []
    for condition in _conditions(tree):
        if isinstance(condition, exp.EQ):
            sides = [name for side in (condition.left, condition.right) if (name := column(side)) is not None]
            equal += sides[:1]
        elif isinstance(condition, exp.In):
            equal += [name for name in [column(condition.this)] if name is not None]
        elif isinstance(condition, exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Between):
            sides = [condition.this, condition.args.get("expression")]
            ranged += [name for side in sides if side is not None and (name := column(side)) is not None]
    return equal, ranged


def _conditions(tree: Any) -> list[Any]:
    """What every row has to meet, in WHERE and in ON; alternatives (OR) are not looked into."""
    from sqlglot import exp

    places = [where.this for where in tree.find_all(exp.Where)]
    places += [join.args["on"] for join in tree.find_all(exp.Join) if join.args.get("on") is not None]
    return [part.unnest() for place in places for part in place.flatten() if isinstance(place, exp.And)] + [
        place.unnest() for place in places if not isinstance(place, exp.And)
    ]


def _ordered(tree: Any, column: Any) -> list[str]:
    order = tree.args.get("order")
    names = [column(part.this) for part in order.expressions] if order is not None else []
    return [name for name in names if name is not None] if None not in names else []


def _is_covered(advice: Advice, indexes: Any) -> bool:
    return any(tuple(columns[: len(advice.columns)]) == advice.columns for columns in indexes)
