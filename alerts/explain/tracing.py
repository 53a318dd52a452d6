"""A condition taken apart: what each of its parts is worth on given facts, and which sample that comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.conditions import Condition, ConditionBroken
from alerts.conditions.compiling import compile_value
from alerts.conditions.tree import Entry, Fact, ListOf, Literal, Node, Window
from alerts.conditions.values import Value
from alerts.facts import Fact as Subject
from alerts.windows import Windows
from monitoring.series import AT, from_ms


@dataclass(frozen=True, slots=True)
class Part:
    """``depth`` counts from the whole, which is 0. ``sample`` says what the value was read from, ``age`` how old the
    newest of that was; both are empty for what is computed from other parts."""

    text: str
    depth: int
    value: str
    sample: str = ""
    age: timedelta | None = None


def parts_of(condition: Condition, fact: Subject, windows: Windows, at: datetime) -> list[Part]:
    """Every sub-expression, the whole first, each before those it is computed from; literals are left out."""
    return list(_parts(condition.tree, 0, condition.text, fact, windows, at))


def _parts(node: Node, depth: int, text: str, fact: Subject, windows: Windows, at: datetime) -> Iterator[Part]:
    if isinstance(node, (Literal, ListOf)):
        return
    start, end = node.span
    sample, age = _source(node, fact, windows, at)
    yield Part(text[start:end], depth, _said(node, fact), sample, age)
    if isinstance(node, Entry):
        return  # the fact it is an entry of is no part of its own
    for child in node.children():
        yield from _parts(child, depth + 1, text, fact, windows, at)


def _said(node: Node, fact: Subject) -> str:
    try:
        return words(compile_value(node)(fact.facts))
    except ConditionBroken as broken:
        return f"broken: {broken.reason}"


def words(value: Value) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, (int, float)) else repr(value)


def _source(node: Node, fact: Subject, windows: Windows, at: datetime) -> tuple[str, timedelta | None]:
    if isinstance(node, Window):
        return _of_window(node, fact, windows, at)
    if isinstance(node, (Fact, Entry)):
        return fact.subject, at - fact.at
    return "", None


def _of_window(node: Window, fact: Subject, windows: Windows, at: datetime) -> tuple[str, timedelta | None]:
    chosen = windows.chosen(node.question, fact.facts)
    count = sum(len(one.rows) for one in chosen)
    if not count:
        return f"no snapshot of {node.question.metric} in the window", None
    newest = max(one.rows[-1][AT] for one in chosen)
    of = f"{len(chosen)} series" if len(chosen) > 1 else "one series"
    return f"{count} snapshots of {of} of {node.question.metric}", at - from_ms(newest)
