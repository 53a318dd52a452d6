"""Reading operators: arithmetic, comparisons, logic, choices."""

import ast
from collections.abc import Mapping
from typing import Final

from alerts.conditions.reading.reader import TreeReader
from alerts.conditions.refusals import ConditionRefused
from alerts.conditions.tree import Choice, Comparison, IsMissing, ListOf, Literal, Logic, Node, Not
from alerts.conditions.vocabulary import (
    ARITHMETIC,
    BOOLEANS,
    MAPPINGS,
    NUMBERS,
    SCALARS,
    SIGNS,
    TEXTS,
    Accepts,
    Signature,
    ValueType,
)

_ARITHMETIC: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip
_BITWISE: Final[Mapping[type[ast.operator], str]] = {
    ast.BitAnd: "write `and`", ast.BitOr: "write `or`", ast.BitXor: "write `!=`, or `**` for a power",
}  # fmt: skip
_SIGNS: Final[Mapping[type[ast.unaryop], str]] = {ast.USub: "negative", ast.UAdd: "positive"}
_COMPARISONS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_NOTHING: Final[Accepts] = frozenset({ValueType.NOTHING})


def read_arithmetic(reader: TreeReader, node: ast.BinOp) -> Node:
    symbol = _ARITHMETIC.get(type(node.op))
    if symbol is None:
        raise reader.refusal(node, "bit operators are not part of a condition", _BITWISE.get(type(node.op), ""))
    left, right = reader.read(node.left), reader.read(node.right)
    signature = ARITHMETIC[symbol]
    if symbol == "+":
        signature = _sum(left, right)
    for operand in (left, right):
        reader.expect(operand, signature.takes[0], f"`{symbol}`", "only + joins texts" if symbol != "+" else "")
    return reader.call(node, symbol, signature, (left, right))


def _sum(left: Node, right: Node) -> Signature:
    """What ``+`` means here: a join as soon as one side is a text, open when both are entries of metadata."""
    run = ARITHMETIC["+"].run
    types = {left.type, right.type}
    if ValueType.TEXT in types:
        return Signature((TEXTS, TEXTS), ValueType.TEXT, run)
    if types == {ValueType.ANY}:
        return Signature((SCALARS, SCALARS), ValueType.ANY, run)
    return ARITHMETIC["+"]


def read_unary(reader: TreeReader, node: ast.UnaryOp) -> Node:
    if isinstance(node.op, ast.Not):
        return Not(reader.span(node), ValueType.BOOLEAN, _decisive(reader, node.operand, "`not`"))
    sign = _SIGNS.get(type(node.op))
    if sign is None:
        raise reader.refusal(node, "bit operators are not part of a condition", "write `not`")
    operand = reader.expect(reader.read(node.operand), NUMBERS, f"a {sign} sign")
    return reader.call(node, sign, SIGNS[sign], (operand,))


def _decisive(reader: TreeReader, node: ast.expr, what: str) -> Node:
    """An operand that has to be true or false."""
    operand = reader.read(node)
    advice = f"compare it: {reader.words(operand)} != {repr('') if operand.type is ValueType.TEXT else 0}"
    return reader.expect(operand, BOOLEANS, what, advice)


def read_logic(reader: TreeReader, node: ast.BoolOp) -> Node:
    joint = "and" if isinstance(node.op, ast.And) else "or"
    operands = tuple(_decisive(reader, operand, f"`{joint}`") for operand in node.values)
    return Logic(reader.span(node), ValueType.BOOLEAN, "and" if joint == "and" else "or", operands)


def read_choice(reader: TreeReader, node: ast.IfExp) -> Node:
    test = _decisive(reader, node.test, "`if`")
    then, otherwise = (
        reader.expect(reader.read(branch), SCALARS | _NOTHING, "`if ... else`") for branch in (node.body, node.orelse)
    )
    types = {then.type, otherwise.type} - _NOTHING
    type_ = types.pop() if len(types) == 1 else ValueType.ANY
    return Choice(reader.span(node), type_, test, then, otherwise)


def read_comparison(reader: TreeReader, node: ast.Compare) -> Node:
    if any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
        return _read_missing(reader, node)
    operands = tuple(reader.read(operand) for operand in (node.left, *node.comparators))
    symbols = tuple(_COMPARISONS[type(op)] for op in node.ops)
    for left, symbol, right in zip(operands, symbols, operands[1:], strict=False):
        _check_pair(reader, left, symbol, right)
    return Comparison(reader.span(node), ValueType.BOOLEAN, operands, symbols)


def _read_missing(reader: TreeReader, node: ast.Compare) -> Node:
    right = node.comparators[0]
    if len(node.ops) > 1 or not (isinstance(right, ast.Constant) and right.value is None):
        raise reader.refusal(node, "`is` stands only in `x is None` and `x is not None`", "compare with ==")
    operand = reader.expect(reader.read(node.left), SCALARS | MAPPINGS, "`is None`")
    if isinstance(operand, Literal):
        raise reader.refusal(node, "a literal is never None")
    missing = IsMissing(reader.span(node), ValueType.BOOLEAN, operand)
    return missing if isinstance(node.ops[0], ast.Is) else Not(missing.span, ValueType.BOOLEAN, missing)


def _check_pair(reader: TreeReader, left: Node, symbol: str, right: Node) -> None:
    for operand in (left, right):
        if operand.type is ValueType.NOTHING:
            raise ConditionRefused("None is not compared by value", operand.span[0], "write `is None` or `is not None`")
    reader.expect(left, SCALARS, f"`{symbol}`")
    if symbol in {"in", "not in"}:
        _check_membership(reader, left, symbol, right)
        return
    reader.expect(right, SCALARS, f"`{symbol}`", "write `in` for a list" if isinstance(right, ListOf) else "")
    if not _alike(left.type, right.type):
        message = f"`{symbol}` cannot compare {left.type.value} with {right.type.value}"
        raise ConditionRefused(message, left.span[0], "write int(...), float(...) or str(...) around one side")


def _check_membership(reader: TreeReader, left: Node, symbol: str, right: Node) -> None:
    if not isinstance(right, ListOf):
        reader.expect(right, TEXTS | MAPPINGS | {ValueType.LIST}, f"`{symbol}`")
        reader.expect(left, TEXTS, f"`{symbol}` with {right.type.value}")
    elif right.values and not any(_alike(left.type, type_of(value)) for value in right.values):
        raise ConditionRefused(f"nothing in the list can equal {left.type.value}", left.span[0])


def type_of(value: object) -> ValueType:
    """The type of a literal's value."""
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    return ValueType.TEXT if isinstance(value, str) else ValueType.NUMBER


def _alike(left: ValueType, right: ValueType) -> bool:
    return {left, right} <= NUMBERS or {left, right} <= TEXTS
