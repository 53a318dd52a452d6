"""The shape of a query: its text without values, and a short name that a tag can carry."""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

_DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite", "mysql": "mysql", "oracle": "oracle"}
_LONGEST = 20_000  # characters that are looked at
_PARSED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b|%\(\w+\)s|%s|\$\d+|\?")
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")
_MORE_ROWS = re.compile(r"(\(\?\))(?:\s*,\s*\(\?\))+")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+[\"`\[]?([\w.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shape:
    """``name`` is for tags, such as ``SELECT auth_user 1f2e3d4c``; ``text`` has question marks for values."""

    name: str
    text: str


@lru_cache(maxsize=4096)
def shape(sql: str, vendor: str) -> Shape:
    """The shape of ``sql`` as Django sends it to a database of ``vendor``. Milliseconds: not for the hot path."""
    sql = sql[:_LONGEST].strip()
    verb = sql.partition(" ")[0].upper()
    if verb in _CONTROL:  # each savepoint has a name of its own
        return Shape(verb, verb)
    return (_parsed(sql, vendor) if verb in _PARSED else None) or _by_pattern(sql)


def _parsed(sql: str, vendor: str) -> Shape | None:
    """None when sqlglot is not installed, or does not understand: what an application writes is any text."""
    try:
        from sqlglot import exp, parse_one
        from sqlglot.errors import SqlglotError
    except ImportError:  # the plain wheel
        return None
    dialect = _DIALECTS.get(vendor)
    try:
        tree = parse_one(_with_question_marks(sql), dialect=dialect)
        for literal in list(tree.find_all(exp.Literal)):
            literal.replace(exp.Placeholder())
        for inside in tree.find_all(exp.In):
            if len(inside.expressions) > 1 and all(isinstance(one, exp.Placeholder) for one in inside.expressions):
                inside.set("expressions", [exp.Placeholder()])
        for values in tree.find_all(exp.Values):
            values.set("expressions", values.expressions[:1])
        text = tree.sql(dialect=dialect, comments=False).replace("%s", "?")
        table = next((found.name for found in tree.find_all(exp.Table)), "")
    except (SqlglotError, RecursionError, ValueError):
        return None
    return _named(tree.key.upper(), table, text)


def _by_pattern(sql: str) -> Shape:
    text = " ".join(_LITERAL.sub("?", sql).split())
    text = _MORE_ROWS.sub(r"\1", _LIST.sub("(?)", text))
    table = _TABLE.search(text)
    return _named(text.partition(" ")[0].upper(), table.group(1) if table else "", text)


def _with_question_marks(sql: str) -> str:
    return re.sub(r"%\(\w+\)s|%s", "?", sql).replace("%%", "%")


def _named(verb: str, table: str, text: str) -> Shape:
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return Shape(storable(" ".join(part for part in (verb[:20], table[:100], digest) if part)), storable(text))


def storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")
