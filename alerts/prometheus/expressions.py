"""Conditions as PromQL, where both mean the same: subjects become selectors, windows over them functions.

A window over no subject is pooled here, so there it is an aggregation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerts.conditions import parse
from alerts.conditions.tree import Call, Comparison, Entry, Fact, ListOf, Literal, Logic, Node, Not, Window, walk
from alerts.conditions.vocabulary import HEALTH_CHECK
from alerts.conditions.windows import WindowRead
from alerts.prometheus.unmapped import Unmapped
from alerts.rulefiles.durations import text_of
from monitoring import series
from monitoring.series import Kind

_POOLED: Final[Mapping[str, str]] = {
    "increase": "sum",
    "rate": "sum",
    "sum_over_time": "sum",
    "count_over_time": "sum",
    "min_over_time": "min",
    "max_over_time": "max",
}
_SWAPPED: Final = {"==": "==", "!=": "!=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}
_SPECIAL: Final = frozenset("\\.^$|?*+()[]{}")


@dataclass(frozen=True, slots=True)
class Subject:
    """A metric and matchers of its labels, as PromQL writes them."""

    name: str
    matchers: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name + (f"{{{', '.join(self.matchers)}}}" if self.matchers else "")


def expression_of(condition: str) -> str:
    """Raises Unmapped."""
    tree = parse(condition).tree
    if any(isinstance(node, Fact) and node.name in (HEALTH_CHECK, "status", "duration_ms") for node in walk(tree)):
        raise Unmapped("it is about health checks, which Prometheus does not have")
    return _joined(tree)


def _joined(node: Node) -> str:
    if isinstance(node, Logic) and node.joint == "or":
        return " or ".join(_joined(one) for one in node.operands)
    parts = list(_conjuncts(node))
    tests = [one for one in parts if not _is_about_name(one)]
    names = [_text_of(one) for one in parts if _is_about_name(one)]
    if len(names) > 1:
        raise Unmapped("it names more than one metric")
    if not names:
        if len(tests) > 1 and any(isinstance(one, Window) for one in tests):
            raise Unmapped("it joins an absence, whose labels nothing else has, with something")
        return " and ".join(_pooled(one) for one in tests)
    matchers = [_matcher(one) for one in tests if _is_about_tag(one)]
    rest = [one for one in tests if not _is_about_tag(one)]
    if not rest:
        raise Unmapped("it is true of every sample of a series")
    subject = Subject(names[0], tuple(matchers))
    return " and ".join(_test(one, subject) for one in rest)


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Logic) and node.joint == "and":
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node


def _is_about_name(node: Node) -> bool:
    match node:
        case Comparison(symbols=("==",), operands=(Fact(name="name"), Literal())):
            return True
    return False


def _text_of(node: Any) -> str:
    return str(node.operands[1].value)


def _is_about_tag(node: Node) -> bool:
    match node:
        case Comparison(operands=(Entry(of=Fact(name="tags")), _)):
            return True
        case Call(arguments=(Entry(of=Fact(name="tags")), *_)):
            return True
        case Not(operand=inner):
            return _is_about_tag(inner)
    return False


def _matcher(node: Any) -> str:
    match node:
        case Comparison(operands=(Entry(key=key), Literal(value=str(value))), symbols=(("==" | "!=") as symbol,)):
            return f"{_label(key)}{'=' if symbol == '==' else '!='}{_quoted(value)}"
        case Comparison(operands=(Entry(key=key), ListOf(values=values)), symbols=(("in" | "not in") as symbol,)):
            pattern = "|".join(_escaped(str(value)) for value in values)
            return f"{_label(key)}{'=~' if symbol == 'in' else '!~'}{_quoted(pattern)}"
        case Call(
            operator=("startswith" | "endswith") as method, arguments=(Entry(key=key), Literal(value=str(value)))
        ):
            pattern = f"{_escaped(value)}.*" if method == "startswith" else f".*{_escaped(value)}"
            return f"{_label(key)}=~{_quoted(pattern)}"
        case Not(operand=Call() as inner):
            return _matcher(inner).replace("=~", "!~", 1)
    raise Unmapped("it asks something of a tag that is no matcher")


def _test(node: Node, subject: Subject) -> str:
    if isinstance(node, Not) and isinstance(node.operand, Comparison):
        return f"({subject} unless {_test(node.operand, subject)})"
    left, symbol, right = _sides(node)
    return f"{_operand(left, subject)} {symbol} {_figure(right)}"


def _sides(node: Node) -> tuple[Node, str, Node]:
    """A comparison with the number on its right."""
    if not isinstance(node, Comparison) or len(node.symbols) != 1 or node.symbols[0] not in _SWAPPED:
        raise Unmapped("it is more than comparisons with a number, joined by and or or")
    left, right = node.operands
    if isinstance(left, Literal):
        return right, _SWAPPED[node.symbols[0]], left
    return left, node.symbols[0], right


def _operand(node: Node, subject: Subject) -> str:
    match node:
        case Fact(name="value"):
            if series.kind_of(subject.name) not in (None, Kind.GAUGE):
                raise Unmapped("the value of a counter or a timing is of one interval, which Prometheus does not keep")
            return str(subject)
        case Window(question=question, tells_absence=False) if question.metric == subject.name and not question.tags:
            return _function(question, subject)
        case Call(operator=("+" | "-" | "*" | "/") as symbol, arguments=(left, right)):
            return f"({_either(left, subject)} {symbol} {_either(right, subject)})"
        case Window():
            raise Unmapped("a window over another metric reads the series that agree on the tags both have")
        case Fact(name=name):
            raise Unmapped(f"it uses {name}, which Prometheus does not have")
    raise Unmapped("it computes what PromQL cannot")


def _either(node: Node, subject: Subject) -> str:
    return _figure(node) if isinstance(node, Literal) else _operand(node, subject)


def _pooled(node: Node) -> str:
    if isinstance(node, Window) and node.tells_absence:
        return f"absent_over_time({_range(node.question, _asked(node.question))})"
    left, symbol, right = _sides(node)
    if not isinstance(left, Window) or left.tells_absence:
        raise Unmapped("it is about every metric, about health checks, or about several windows at once")
    question = left.question
    if question.function == "avg_over_time":
        parts = [f"sum({name}({_range(question, _asked(question))}))" for name in ("sum_over_time", "count_over_time")]
        return f"{' / '.join(parts)} {symbol} {_figure(right)}"
    if question.function not in _POOLED:
        raise Unmapped(f"{question.function}() over all series at once is no aggregation of Prometheus")
    return f"{_POOLED[question.function]}({_function(question, _asked(question))}) {symbol} {_figure(right)}"


def _asked(question: WindowRead) -> Subject:
    return Subject(question.metric, tuple(f"{_label(tag)}={_quoted(value)}" for tag, value in question.tags))


def _function(question: WindowRead, subject: Subject) -> str:
    if series.kind_of(question.metric) == Kind.TIMING:
        raise Unmapped("it looks at a timing, which is a histogram in Prometheus")
    inside = _range(question, subject)
    if question.quantile is not None:
        return f"quantile_over_time({question.quantile:g}, {inside})"
    horizon = "" if question.horizon_seconds is None else f", {question.horizon_seconds}"
    return f"{question.function}({inside}{horizon})"


def _range(question: WindowRead, subject: Subject) -> str:
    offset = f" offset {text_of(question.offset_seconds)}" if question.offset_seconds else ""
    return f"{subject}[{text_of(question.window_seconds)}]{offset}"


def _figure(node: Node) -> str:
    match node:
        case Literal(value=int() | float() as value) if not isinstance(value, bool):
            return repr(value)
    raise Unmapped("it compares with something else than a number")


def _label(name: str) -> str:
    if not name.isidentifier() or not name.isascii():
        raise Unmapped(f"{name!r} is no label of Prometheus")
    return name


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in _SPECIAL else one for one in text)
