"""A second implementation of the language: slow, plain, straight over Python's ``ast``, sharing nothing but the bounds.

It knows no types and compiles nothing; what it and the real one say about the same text and facts has to agree.
"""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from alerts.conditions import Facts, Truth
from alerts.conditions.values import LARGEST_NUMBER, LONGEST_TEXT

TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "len": len,
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "round": round,
}
TEXTUAL = {"startswith", "endswith", "count"}


class Broken(Exception):
    pass


def reference_verdict(text: str, facts: Facts) -> Truth:
    """What the condition says; Broken when it cannot be computed."""
    try:
        verdict = Reference(facts).value(ast.parse(text.strip(), mode="eval").body)
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise Broken from error
    return TRUTHS[verdict]


def known(value: Any) -> Any:
    """A value that is being used: it has to be finite and within bounds."""
    if isinstance(value, (list, dict)) or value.__class__.__name__ == "NotFinite":
        raise Broken
    if isinstance(value, (int, float)) and not abs(value) <= LARGEST_NUMBER:
        raise Broken
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise Broken
    return value


def alike(*values: Any) -> None:
    if len({isinstance(value, str) for value in values}) != 1:
        raise Broken


class Reference:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def value(self, node: ast.expr) -> Any:
        return getattr(self, type(node).__name__.lower())(node)

    def constant(self, node: ast.Constant) -> Any:
        return node.value

    def list(self, node: ast.List) -> Any:
        return [self.value(element) for element in node.elts]

    def tuple(self, node: ast.Tuple) -> Any:
        return tuple(self.value(element) for element in node.elts)

    def name(self, node: ast.Name) -> Any:
        return self.facts.is_health if node.id == "health_check" else self.facts._asdict()[node.id]

    def attribute(self, node: ast.Attribute) -> Any:
        assert isinstance(node.value, ast.Name)
        asked_of_health = node.value.id == "health_check"
        return self.facts._asdict()[node.attr] if asked_of_health is self.facts.is_health else None

    def boolean(self, node: ast.expr) -> bool | None:
        value = self.value(node)
        if value is not None and not isinstance(value, bool):
            raise Broken
        return value

    def boolop(self, node: ast.BoolOp) -> Any:
        absorbing = isinstance(node.op, ast.Or)
        unknown = False
        for operand in node.values:
            value = self.boolean(operand)
            if value is absorbing:
                return absorbing
            unknown = unknown or value is None
        return None if unknown else not absorbing

    def unaryop(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            value = self.boolean(node.operand)
            return None if value is None else not value
        number = self.value(node.operand)
        if number is None:
            return None
        return -known(number) if isinstance(node.op, ast.USub) else +known(number)

    def ifexp(self, node: ast.IfExp) -> Any:
        test = self.boolean(node.test)
        if test is None:
            return None
        return self.value(node.body if test else node.orelse)

    def binop(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        alike(known(left), known(right))
        if isinstance(left, str) and not isinstance(node.op, ast.Add):
            raise Broken
        return known(ARITHMETIC[type(node.op)](left, right))

    def compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        unknown = False
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.value(comparator)
            pair = self.pair(op, left, right)
            if pair is False:
                return False
            unknown = unknown or pair is None
            left = right
        return None if unknown else True

    def pair(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        if isinstance(op, (ast.Is, ast.IsNot)):
            return (left is None) is isinstance(op, ast.Is)
        if left is None or right is None:
            return None
        known(left)
        if isinstance(op, (ast.In, ast.NotIn)):
            if isinstance(right, str):
                alike(left, right)
        elif isinstance(op, (ast.Eq, ast.NotEq)):
            known(right)
        else:
            alike(left, known(right))
        return COMPARISONS[type(op)](left, right)

    def subscript(self, node: ast.Subscript) -> Any:
        value = self.value(node.value)
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return self.entry(value, node.slice.value)
        if value is None:
            return None
        if isinstance(node.slice, ast.Slice):
            bounds = [None if bound is None else self.value(bound) for bound in (node.slice.lower, node.slice.upper)]
            return known(value)[slice(*bounds)]
        return known(value)[self.value(node.slice)]

    def entry(self, entries: Any, key: str) -> Any:
        found = None if entries is None else entries.get(key)
        return None if found is None else self.whole_text(found)

    def whole_text(self, value: Any) -> Any:
        """An entry is used when it is read, but its length only counts when a text is made from it."""
        return value if isinstance(value, str) else known(value)

    def call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Attribute):
            return self.method(node, node.func)
        assert isinstance(node.func, ast.Name)
        arguments = [self.value(argument) for argument in node.args]
        if any(argument is None for argument in arguments):
            return None
        if node.func.id in {"abs", "min", "max", "round"}:
            alike(0, *arguments)
        if node.func.id != "len":
            arguments = [known(argument) for argument in arguments]
        return known(FUNCTIONS[node.func.id](*arguments))

    def method(self, node: ast.Call, func: ast.Attribute) -> Any:
        subject = self.value(func.value)
        arguments = [self.value(argument) for argument in node.args]
        if func.attr == "get":
            found = self.entry(subject, arguments[0])
            return arguments[1] if found is None and len(arguments) > 1 else found
        if subject is None or any(argument is None for argument in arguments):
            return None
        if not isinstance(subject, str):
            raise Broken
        if func.attr not in TEXTUAL:
            known(subject)
        return known(getattr(subject, func.attr)(*arguments))
