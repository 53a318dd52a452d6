"""Parameters as the driver takes them."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

Parameters = Sequence[Any] | Mapping[str, Any] | None

# A text, a quoted name, a comment or a dollar-quoted text, in which nothing is a placeholder; or a question mark.
_PIECES = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|(?P<mark>\?)|(?P<ours>\0)""", re.DOTALL
)

MARK = "\0"
"""Stands for a parameter in SQL that is being written: no statement has it; ``?`` is an operator of PostgreSQL."""


def bound(sql: str, parameters: Parameters, placeholder: str, vendor: str) -> tuple[str, Any]:
    """SQL and parameters for a driver whose placeholder is ``placeholder``; ``?`` may be written for any of them.

    Numbers of numpy become numbers of Python, which SQLite would store as bytes otherwise.
    """
    if parameters is None or len(parameters) == 0:
        return sql, ()
    if isinstance(parameters, Mapping):
        return sql, {name: _plain(value, vendor) for name, value in parameters.items()}
    if isinstance(parameters, str | bytes):
        raise TypeError("parameters is one text; give a list, such as ['NSW'].")
    values = [_plain(value, vendor) for value in parameters]
    return (_with_placeholders(sql) if placeholder == "%s" else sql), values


def _with_placeholders(sql: str) -> str:
    """Question marks as ``%s``, unless the statement has ``%s`` already."""
    outside = _outside(sql)
    if "%s" in outside or "?" not in outside:
        return sql
    return _PIECES.sub(lambda piece: "%s" if piece["mark"] else piece[0], sql.replace("%", "%%"))


def with_question_marks(sql: str) -> str:
    """``%s`` as question marks, or as ``MARK`` where these are operators, and ``%%`` as the percent sign it stands for.

    Other SQL as it is.
    """
    outside = _outside(sql)
    if "%s" not in outside:
        return sql
    return sql.replace("%s", MARK if "?" in outside else "?").replace("%%", "%")


def has_operators(sql: str, parameters: Parameters) -> bool:
    """Whether question marks in the caller's SQL are operators, and no parameters."""
    return not parameters or "%s" in _outside(sql)


def with_marks_of(sql: str, placeholder: str, *, has_operators: bool) -> str:
    """``MARK``, and question marks that are no operators, as the driver takes them when it is given values."""
    if placeholder == "?":
        return _PIECES.sub(lambda piece: "?" if piece["ours"] else piece[0], sql)
    marks = ("ours",) if has_operators else ("ours", "mark")
    return _PIECES.sub(lambda piece: "%s" if any(piece[one] for one in marks) else piece[0], sql.replace("%", "%%"))


def _outside(sql: str) -> str:
    """Without texts, quoted names and comments."""
    return _PIECES.sub(lambda piece: piece["mark"] or "", sql)


def plain(value: Any) -> Any:
    """A number or time of Python's for one of numpy's, None for what pandas has instead of a time that is missing.

    numpy gives days as dates, and times by the nanosecond as mere numbers, so these are asked for by the microsecond.
    """
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        kind, given = value.dtype.kind, value.item()
        value = value.astype(f"{kind}8[us]").item() if kind in "mM" and isinstance(given, int) else given
    return None if isinstance(value, date) and value != value else value


def _plain(value: Any, vendor: str) -> Any:
    value = plain(value)
    if vendor == "sqlite" and isinstance(value, date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return value
