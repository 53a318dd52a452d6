"""Reading what stands by itself: literals, lists of literals, names of facts."""

import ast
from typing import Final

from alerts.conditions.facts import Subject
from alerts.conditions.reading.reader import TreeReader
from alerts.conditions.refusals import ConditionRefused, suggestion
from alerts.conditions.tree import Fact, ListOf, Literal, Node
from alerts.conditions.values import ConditionBroken, bounded_number
from alerts.conditions.vocabulary import (
    FACTS,
    FUNCTIONS,
    GET,
    METHODS,
    METRIC,
    NAMESPACES,
    Presence,
    ValueType,
    facts_of,
)
from alerts.conditions.windows import WINDOW_FUNCTIONS

CALLABLE: Final = frozenset(FUNCTIONS) | frozenset(WINDOW_FUNCTIONS)
_NAMES: Final = frozenset(FACTS) | {METRIC}
_SUBJECTS: Final = {
    name: frozenset(subject for subject in Subject if rule.presence(subject) is not Presence.NEVER)
    for name, rule in FACTS.items()
}


def read_constant(reader: TreeReader, node: ast.Constant) -> Node:
    value = node.value
    if value is None:
        return Literal(reader.span(node), ValueType.NOTHING, None)
    if isinstance(value, bool):
        return Literal(reader.span(node), ValueType.BOOLEAN, value)
    if isinstance(value, (int, float)):
        return _number(reader, node, value)
    if isinstance(value, str):
        return _text(reader, node, value)
    message = "an ellipsis is not part of a condition" if value is ... else f"{value!r} is not a plain number or text"
    raise reader.refusal(node, message)


def _number(reader: TreeReader, node: ast.Constant, value: float) -> Node:
    try:
        return Literal(reader.span(node), ValueType.NUMBER, bounded_number(value))
    except ConditionBroken as error:
        raise reader.refusal(node, error.reason) from error


def _text(reader: TreeReader, node: ast.Constant, value: str) -> Node:
    # No stored text can hold these two, and databases refuse to be asked for them.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise reader.refusal(node, "a text with a character that no text of a metric can hold")
    return Literal(reader.span(node), ValueType.TEXT, value)


def read_list(reader: TreeReader, node: ast.List | ast.Tuple | ast.Set) -> Node:
    elements = [reader.read(element) for element in node.elts]
    for element in elements:
        if not isinstance(element, Literal) or element.value is None:
            message = f"a list holds texts, numbers and truth values only, not `{reader.words(element)}`"
            raise ConditionRefused(message, element.span[0])
    values = tuple(element.value for element in elements if isinstance(element, Literal))
    return ListOf(reader.span(node), ValueType.LIST, values)


def read_name(reader: TreeReader, node: ast.Name) -> Node:
    if rule := FACTS.get(node.id):
        return Fact(reader.span(node), rule.type, node.id, _SUBJECTS[node.id])
    raise reader.refusal(node, *_unknown_name(node.id))


def _unknown_name(name: str) -> tuple[str, str]:
    if name in CALLABLE:
        return f"`{name}` is a function", f"call it: {name}(...)"
    if name in METHODS or name == GET:
        return f"`{name}` is a method", f"write it after a text: name.{name}(...)"
    if name == METRIC:
        return "`metric` is no fact by itself", "write metric.value, metric.name, ..., or: not health_check"
    if name.startswith("__"):
        return f"`{name}`: names with two underscores are not part of a condition", ""
    known = _NAMES | CALLABLE | {"True", "False", "None"}
    advice = suggestion(name, known)
    return f"`{name}` is not known", advice if advice.startswith("did") else suggestion(name, FACTS)


def read_attribute(reader: TreeReader, node: ast.Attribute) -> Node:
    """``metric.value`` and the like: the only dots without a call, and no attribute of anything is ever read."""
    space = node.value.id if isinstance(node.value, ast.Name) else ""
    if space in NAMESPACES:
        return _fact_of(reader, node, space, NAMESPACES[space])
    if node.attr.startswith("__"):
        raise reader.refusal_of_attribute(
            node, f"`{node.attr}`: names with two underscores are not part of a condition"
        )
    if node.attr in METHODS or node.attr == GET:
        raise reader.refusal_of_attribute(node, f"`{node.attr}` is a method", f"call it: .{node.attr}(...)")
    reader.read(node.value)
    methods = suggestion(node.attr, [*METHODS, GET])
    raise reader.refusal_of_attribute(node, f"nothing has a `.{node.attr}`", methods)


def _fact_of(reader: TreeReader, node: ast.Attribute, space: str, subject: Subject) -> Node:
    allowed = facts_of(subject)
    if node.attr not in allowed:
        message = f"a {subject.value} has no fact `{node.attr}`"
        raise reader.refusal_of_attribute(node, message, suggestion(node.attr, allowed))
    return Fact(reader.span(node), FACTS[node.attr].type, node.attr, frozenset({subject}))
