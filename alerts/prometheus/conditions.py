"""PromQL expressions as conditions: comparisons of one series with a number, joined by and, or and unless.

The series on the left is the subject; what stands beside it of another metric is read through a window, of the series
that agree with the subject on the tags both have. Whatever would mean something else here is refused.
"""

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import promql_parser as promql

from alerts.conditions import ConditionRefused, parse
from alerts.conditions.windows import WINDOW_FUNCTIONS
from alerts.prometheus import selectors
from alerts.prometheus.unmapped import Unmapped
from alerts.rulefiles.durations import text_of

MOST_CHARACTERS = 4_000
"""The parser takes the square of the length, and ends the process when what it reads is nested thousands deep."""
LOOKBACK = "5m"  # how long Prometheus takes a series for present after its last sample
_COMPARISONS = {"==": "==", "!=": "!=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}
"""Each with what it is with its sides swapped."""
_ARITHMETIC = {"+", "-", "*", "/"}
_SUMMED = {"increase", "rate"}


def condition_of(expression: str) -> str:
    """Raises Unmapped."""
    if len(expression) > MOST_CHARACTERS:
        raise Unmapped(f"it is longer than {MOST_CHARACTERS:,} characters")
    try:
        text = _joined(promql.parse(expression), None)
    except ValueError as error:
        raise Unmapped(f"is no PromQL: {error}") from error
    except RecursionError as error:
        raise Unmapped("it is nested too deeply") from error
    try:
        parse(text)
    except ConditionRefused as refused:
        raise Unmapped(f"its condition would be refused: {refused}") from refused
    return text


def _joined(tree: Any, subject: str | None) -> str:
    """``subject`` is the metric of the series that is judged; None while the leftmost selector decides it."""
    if isinstance(tree, promql.ParenExpr):
        return f"({_joined(tree.expr, subject)})"
    if not isinstance(tree, promql.BinaryExpr) or str(tree.op) not in ("and", "or", "unless"):
        return _compared(tree, subject)
    if tree.modifier is not None and tree.modifier.matching is not None:
        raise Unmapped("`on (…)` and `ignoring (…)` choose labels; here series agree on the tags that both have")
    joint = str(tree.op)
    left = _joined(tree.lhs, subject)
    if joint == "or":
        return f"{left} or {_joined(tree.rhs, subject)}"
    context = subject or _subject_of(tree.lhs)
    if context is None:
        raise Unmapped(f"`{joint}` stands beside something that is about no series of its own")
    right = _joined(tree.rhs, context)
    return f"({left}) and ({right})" if joint == "and" else f"({left}) and {_none_of(tree.rhs, right, context)}"


def _none_of(tree: Any, text: str, subject: str) -> str:
    """What is unknown here is simply not there in PromQL, and then nothing is taken away."""
    leaf = _leaf(tree)
    if leaf is None:
        raise Unmapped("`unless` stands before more than one comparison")
    selector = _selector(leaf)
    if selector is None or selectors.name_of(selector) == subject:
        return f"not ({text})"
    return f"({_absent(selector, LOOKBACK)} or not ({text}))"


def _compared(tree: Any, subject: str | None) -> str:
    absent = _call(tree, "absent") or _call(tree, "absent_over_time")
    if absent is not None:
        return _absence(absent)
    if not isinstance(tree, promql.BinaryExpr) or str(tree.op) not in _COMPARISONS:
        raise Unmapped(f"{_words(tree)}, where a comparison with a number is needed")
    if tree.modifier is not None and tree.modifier.return_bool:
        raise Unmapped("`bool` makes numbers of comparisons")
    series, number, symbol = tree.lhs, _number(tree.rhs), str(tree.op)
    if number is None:
        series, number, symbol = tree.rhs, _number(tree.lhs), _COMPARISONS[symbol]
    if number is None:
        raise Unmapped("compares two series with each other")
    if (absent := _call(series, "absent") or _call(series, "absent_over_time")) is not None:
        if (symbol, number) not in ((("==", 1.0)), ((">", 0.0))):
            raise Unmapped("compares absent() with something else than 1")
        return _absence(absent)
    return _of_series(series, subject, lambda operand: f"{operand} {symbol} {_figure(number)}")


def _of_series(series: Any, subject: str | None, compare: Callable[[str], str]) -> str:
    leaf = _leaf(series)
    if isinstance(leaf, promql.AggregateExpr):
        return compare(_operand(series, _summed(leaf, subject)))
    selector = None if leaf is None else _selector(leaf)
    if leaf is None or selector is None:
        raise Unmapped(_words(series))
    metric = selectors.name_of(selector)
    if metric.endswith("_bucket"):
        raise Unmapped("looks at buckets of a histogram; here quantiles are asked of the timing itself")
    is_own = subject is None or subject == metric
    text = compare(_operand(series, _value(leaf, selector, is_own)))
    return f"{selectors.subject(selector)} and {text}" if is_own else text


def _value(leaf: Any, selector: Any, is_own: bool) -> str:
    metric = selectors.name_of(selector)
    if isinstance(leaf, promql.Call):
        return _window(leaf, selector, is_own)
    if selectors.is_cumulative(metric):
        raise Unmapped(f"compares the running total {metric}; here the value of a counter is its increase")
    if is_own and selector.offset is None:
        return "value"
    return _function("last_over_time", selector, LOOKBACK, is_own)


def _window(call: Any, selector: Any, is_own: bool) -> str:
    name = call.func.name
    function = WINDOW_FUNCTIONS.get(name)
    if function is None or function.quantile is not None or not isinstance(_matrix(call), promql.MatrixSelector):
        raise Unmapped(f"there is no {name}() here")
    window = _duration(_matrix(call).range)
    numbers = [number for argument in call.args if (number := _number(argument)) is not None]
    if len(numbers) != len(call.args) - 1:
        raise Unmapped(f"{name}() takes something else than numbers")
    if name == "quantile_over_time":
        return _function(name, selector, window, is_own, first=_figure(numbers[0]))
    horizon = [_duration(timedelta(seconds=numbers[0]))] if name == "predict_linear" else []
    return _function(name, selector, window, is_own, *horizon)


def _function(name: str, selector: Any, window: str, is_own: bool, *more: str, first: str = "") -> str:
    """Over the subject's own series the tags are the subject's."""
    tags = {} if is_own else dict(selectors.arguments(selector))
    if selector.offset is not None:
        tags["offset"] = _duration(selector.offset)
    texts = [repr(selectors.name_of(selector)), repr(window), *map(repr, more)]
    named = [f"{tag}={value!r}" for tag, value in tags.items()]
    return f"{name}({', '.join([*([first] if first else []), *texts, *named])})"


def _summed(tree: Any, subject: str | None) -> str:
    """The sum of increases over all series is what a window over no subject gives."""
    call = tree.expr
    is_plain = str(tree.op).split(" ")[0] == "sum" and tree.modifier is None and isinstance(call, promql.Call)
    selector = _selector(call) if is_plain and call.func.name in _SUMMED else None
    if selector is None or subject is not None:
        raise Unmapped(f"aggregates many series with {str(tree.op).split(' ')[0]}()")
    return _window(call, selector, is_own=False)


def _absence(call: Any) -> str:
    matrix = call.args[0]
    if isinstance(matrix, promql.MatrixSelector):
        return _absent(matrix.vector_selector, _duration(matrix.range))
    if isinstance(matrix, promql.VectorSelector):
        return _absent(matrix, LOOKBACK)
    raise Unmapped("asks whether more than one plain series is absent")


def _absent(selector: Any, window: str) -> str:
    return _function("absent", selector, window, False)


def _operand(tree: Any, value: str) -> str:
    """Arithmetic with numbers around the one series in it."""
    if isinstance(tree, promql.ParenExpr):
        return _operand(tree.expr, value)
    if isinstance(tree, promql.UnaryExpr):
        return f"-{_operand(tree.expr, value)}"
    if isinstance(tree, promql.BinaryExpr):
        left, right = _number(tree.lhs), _number(tree.rhs)
        texts = (
            (_operand(tree.lhs, value) if left is None else _figure(left)),
            (_operand(tree.rhs, value) if right is None else _figure(right)),
        )
        return f"({texts[0]} {tree.op} {texts[1]})"
    return value


def _leaf(tree: Any) -> Any:
    """The one series, call or aggregation in a comparison or in arithmetic with numbers; None where there are more."""
    if isinstance(tree, (promql.ParenExpr, promql.UnaryExpr)):
        return _leaf(tree.expr)
    if isinstance(tree, promql.BinaryExpr):
        if str(tree.op) not in _ARITHMETIC | _COMPARISONS.keys():
            return None
        sides = [side for side in (tree.lhs, tree.rhs) if _number(side) is None]
        return _leaf(sides[0]) if len(sides) == 1 else None
    return tree


def _subject_of(tree: Any) -> str | None:
    """The metric of the series that a side of `and` is about; None where it is about several, or none."""
    if isinstance(tree, promql.BinaryExpr) and str(tree.op) in ("and", "unless"):
        return _subject_of(tree.lhs)
    if isinstance(tree, promql.ParenExpr):
        return _subject_of(tree.expr)
    leaf = _leaf(tree)
    is_absent = _call(leaf, "absent") or _call(leaf, "absent_over_time")
    selector = None if leaf is None or is_absent is not None else _selector(leaf)
    return None if selector is None else selectors.name_of(selector)


def _selector(leaf: Any) -> Any:
    if isinstance(leaf, promql.VectorSelector):
        return leaf
    matrix = _matrix(leaf) if isinstance(leaf, promql.Call) else None
    return matrix.vector_selector if isinstance(matrix, promql.MatrixSelector) else None


def _matrix(call: Any) -> Any:
    return next((one for one in call.args if isinstance(one, promql.MatrixSelector)), None)


def _call(tree: Any, name: str) -> Any:
    return tree if isinstance(tree, promql.Call) and tree.func.name == name else None


def _number(tree: Any) -> float | None:
    """The value of an expression of numbers only."""
    if isinstance(tree, promql.NumberLiteral):
        return float(tree.val)
    if isinstance(tree, promql.ParenExpr):
        return _number(tree.expr)
    if isinstance(tree, promql.UnaryExpr):
        inner = _number(tree.expr)
        return None if inner is None else -inner
    if isinstance(tree, promql.BinaryExpr) and str(tree.op) in _ARITHMETIC:
        left, right = _number(tree.lhs), _number(tree.rhs)
        return None if left is None or right is None else _calculated(left, str(tree.op), right)
    return None


def _calculated(left: float, symbol: str, right: float) -> float:
    if symbol == "/":
        return left / right if right else math.nan
    return {"+": left + right, "-": left - right, "*": left * right}[symbol]


def _figure(number: float) -> str:
    if not math.isfinite(number):
        raise Unmapped("compares with infinity or no number")
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _duration(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds < 1 or not seconds.is_integer():
        raise Unmapped(f"a span of {seconds:g} s; here they are whole seconds, and of the past")
    return text_of(int(seconds))


def _words(tree: Any) -> str:
    match tree:
        case promql.AggregateExpr():
            return f"aggregates many series with {str(tree.op).split(' ')[0]}()"
        case promql.Call():
            return f"uses {tree.func.name}()"
        case promql.SubqueryExpr():
            return "uses a subquery"
        case promql.BinaryExpr() if str(tree.op) not in _COMPARISONS:
            return "computes with more than one series"
        case promql.VectorSelector():
            return "is true whenever the series is there"
        case _:
            return "has no single series on one side"
