"""The few kinds of Python expression that compiled conditions are made of."""

import ast
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_NATIVE: Final[Mapping[str, ast.cmpop]] = {
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
    "==": ast.Eq(),
    "!=": ast.NotEq(),
    "in": ast.In(),
    "not in": ast.NotIn(),
}


class Code(NamedTuple):
    """An expression; ``certain`` when it can never be None, that is unknown."""

    expression: ast.expr
    certain: bool


NOTHING: Final = Code(ast.Constant(None), certain=False)


def name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(name(function), list(arguments), [])


def item(sequence: str, position: int) -> ast.expr:
    return ast.Subscript(name(sequence), ast.Constant(position), ast.Load())


def identical(expression: ast.expr, constant: bool | None) -> ast.expr:
    return ast.Compare(expression, [ast.Is()], [ast.Constant(constant)])


def compare(left: ast.expr, symbol: str, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [_NATIVE[symbol]], [right])


def constant(values: Any) -> ast.expr:
    """A scalar, or a tuple or frozenset of them: the compiler takes those too, though typeshed does not say so."""
    return ast.Constant(values)


def unless_unknown(bind: ast.expr, expression: ast.expr) -> Code:
    """The expression, unless what is bound first is unknown: then so is the whole."""
    return Code(ast.IfExp(identical(bind, None), ast.Constant(None), expression), certain=False)
