"""Reading window functions: ``f('metric', '5m', tag='value', offset='1d')``."""

import ast

from alerts.conditions.reading.reader import TreeReader
from alerts.conditions.refusals import ConditionRefused
from alerts.conditions.tree import Literal, Node, Window
from alerts.conditions.values import Value
from alerts.conditions.vocabulary import ValueType
from alerts.conditions.windows import OFFSET, WINDOW_FUNCTIONS, Parameter, WindowFunction, WindowRead, duration_seconds


def read_window(reader: TreeReader, node: ast.Call, name: str) -> Node:
    """The question the call asks; ConditionRefused for a bad window, quantile, tag or offset."""
    function = WINDOW_FUNCTIONS[name]
    arguments = [_literal(reader, argument) for argument in node.args]
    if len(arguments) != (2 if function.parameter is Parameter.NONE else 3):
        example = function.parameter.value.replace("f(", f"{name}(", 1)
        raise reader.refusal(node, f"`{name}` names a metric and a window", f"write {example}")
    quantile = _quantile(arguments.pop(0)) if function.parameter is Parameter.QUANTILE else function.quantile
    tags = dict(_tag(reader, keyword) for keyword in node.keywords)
    offset = tags.pop(OFFSET, None)
    question = WindowRead(
        function=function.name,
        metric=_text(arguments[0], "the metric"),
        window_seconds=_seconds(arguments[1], "the window"),
        tags=tuple(sorted((tag, _text(value, f"the tag {tag}")) for tag, value in tags.items())),
        offset_seconds=0 if offset is None else _seconds(offset, "the offset"),
        quantile=quantile,
        horizon_seconds=_seconds(arguments[2], "the horizon") if len(arguments) > 2 else None,
    )
    return Window(reader.span(node), _type(function), question, function.tells_absence)


def _type(function: WindowFunction) -> ValueType:
    return ValueType.BOOLEAN if function.tells_absence else ValueType.NUMBER


def _literal(reader: TreeReader, node: ast.expr) -> Literal:
    argument = reader.read(node)
    if isinstance(argument, Literal):
        return argument
    message = f"a window function takes texts and numbers written out, not `{reader.words(argument)}`"
    raise ConditionRefused(message, argument.span[0], "write the name of the metric in quotes")


def _tag(reader: TreeReader, keyword: ast.keyword) -> tuple[str, Literal]:
    if keyword.arg is None:
        raise reader.refusal(keyword.value, "two stars are not part of a condition", "write the tags out: env='prod'")
    return keyword.arg, _literal(reader, keyword.value)


def _text(argument: Literal, what: str) -> str:
    if isinstance(argument.value, str) and argument.value:
        return argument.value
    raise ConditionRefused(f"{what} is a text in quotes", argument.span[0])


def _seconds(argument: Literal, what: str) -> int:
    seconds = duration_seconds(argument.value) if isinstance(argument.value, str) else None
    if seconds is None:
        message = f"{what} is a whole number of s, m, h or d, at most 366 days"
        raise ConditionRefused(message, argument.span[0], "write '30s', '5m', '1h' or '1d'")
    return seconds


def _quantile(argument: Literal) -> float:
    value: Value = argument.value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise ConditionRefused("a quantile is a number from 0 to 1", argument.span[0], "write 0.95 for the 95th percentile")
